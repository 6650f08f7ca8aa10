"""The faults that QuickBooks answers with: codes, messages and details as live companies sent them."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Fault:
    """One entry of `Fault.Error`."""

    code: str
    message: str
    detail: str
    element: str | None = ""


class Refusal(Exception):
    """QuickBooks refuses a call: HTTP status, fault type and at least one fault."""

    def __init__(self, *faults: Fault, status: int = 400, type: str = "ValidationFault") -> None:
        super().__init__("; ".join(f"{fault.code} {fault.detail}" for fault in faults))
        self.faults = faults
        self.status = status
        self.type = type


class GateRefusal(Refusal):
    """The gateway in front of QuickBooks refuses: another envelope, in lower case."""


class NothingDone(Refusal):
    """QuickBooks answers 200 and does nothing: a live company did so when a journal entry was to be voided."""


class WrongControl(Exception):
    """A control of the sandbox was used wrongly; the text says how to use it."""


def unrecognized(name: str, owner: str) -> Refusal:
    detail = (
        f'Property Name:Unrecognized field "{name}" (class com.intuit.schema.finance.v3.{owner}), '
        "not marked as ignorable"
    )
    return Refusal(Fault("2010", "Request has invalid or unsupported property", detail, None))


def malformed(what: str) -> Refusal:
    return Refusal(Fault("2010", "Request has invalid or unsupported property", f"Property Name:{what}", None))


def missing(name: str) -> Refusal:
    message = "Required param missing, need to supply the required value for the API"
    return Refusal(Fault("2020", message, f"Required parameter {name} is missing in the request", name))


def too_long(name: str, limit: int) -> Refusal:
    return Refusal(Fault("2050", "Length exceeds limit", f"Length of the field exceeds {limit} chars", name))


def bad_number(name: str, value: object) -> Refusal:
    return Refusal(Fault("2080", "Illegal number format", f"Illegal number format. Supplied value:{value}", name))


def bad_value(name: str, value: object) -> Refusal:
    detail = f"Invalid Enumeration or characters. Supplied value:{value}"
    return Refusal(Fault("2180", "Invalid Enumeration or characters", detail, name))


def bad_choice(name: str, value: object) -> Refusal:
    """As Intuit's page of frequent errors shows it."""
    return Refusal(Fault("2170", "Invalid Enumeration", f"Invalid Enumeration : {value}", name))


def bad_date(name: str, value: object) -> Refusal:
    return Refusal(Fault("2170", "Invalid date", f"Invalid date. Supplied value:{value}", name))


def bad_email(name: str) -> Refusal:
    detail = "Email Address does not conform to the syntax rules of RFC 822."
    return Refusal(Fault("2210", "Invalid Email Address format", detail, name))


def bad_reference(names: str, wanted: str) -> Refusal:
    """`names` is what QuickBooks calls the list: Names, Items, Accounts, Terms, TaxCodes."""
    detail = f"Invalid Reference Id : {names} element id {wanted} not found"
    return Refusal(Fault("2500", "Invalid Reference Id", detail))


def not_found() -> Refusal:
    detail = (
        "Object Not Found : Something you're trying to use has been made inactive. "
        "Check the fields with accounts, customers, items, vendors or employees."
    )
    return Refusal(Fault("610", "Object Not Found", detail))


def stale() -> Refusal:
    detail = (
        "Stale Object Error : You and root were working on this at the same time. "
        "root finished before you did, so your work was not saved."
    )
    return Refusal(Fault("5010", "Stale Object Error", detail))


def business(sentence: str) -> Refusal:
    message = "A business validation error has occurred while processing your request"
    return Refusal(Fault("6000", message, f"Business Validation Error: {sentence}"))


def wrong_amount(value: object) -> Refusal:
    detail = (
        f"Amount calculation incorrect in the request : Amount is not equal to UnitPrice * Qty. Supplied value:{value}"
    )
    return Refusal(Fault("6070", "Amount calculation incorrect in the request", detail))


def duplicate_number(number: str, kind: str, holder: str) -> Refusal:
    detail = (
        "Duplicate Document Number Error : You must specify a different number. This number has already been used. "
        f"DocNumber={number} is assigned to TxnType={kind} with TxnId={holder}"
    )
    return Refusal(Fault("6140", "Duplicate Document Number Error", detail))


def duplicate_name(users: str) -> Refusal:
    detail = (
        f"The name supplied already exists. : Another {users} is already using this name. Please use a different name."
    )
    return Refusal(Fault("6240", "Duplicate Name Exists Error", detail))


def period_closed() -> Refusal:
    # The doubled word is Intuit's own.
    detail = (
        "The account period has closed and the account books cannot be updated through through the QBO Services API. "
        "Please use the QBO website to make these changes."
    )
    return Refusal(Fault("6210", "Account Period Closed, Cannot Update Through Services API", detail))


def subscription_ended() -> Refusal:
    detail = (
        "Subscription period has ended or canceled or there was a billing problem : You can't add data to QuickBooks "
        "Online Plus because your trial or subscription period ended, you canceled your subscription, "
        "or there was a billing problem."
    )
    return Refusal(Fault("6190", "Invalid Company Status", detail))


def nameless() -> Refusal:
    """Intuit's list of error codes has it for customers, vendors and employees."""
    detail = "Title, GivenName, MiddleName, FamilyName, DisplayName, Suffix - one of these must be non-empty"
    return Refusal(Fault("6080", "No Name Provided", detail))


def own_parent() -> Refusal:
    detail = "The same object can't be the parent or child of itself."
    return Refusal(Fault("900", "Parent cannot be child", detail, "ParentRef"))


def account_untyped() -> Refusal:
    detail = "Either an Account.AccountType or an Account.AccountSubType must be specified"
    return Refusal(Fault("6010", "Invalid Account.AccountType && Account.SubType", detail))


def balance_undated() -> Refusal:
    detail = "An Account.OpenBalanceDate is required when specifying an Account.OpenBalance"
    return Refusal(Fault("6060", "Account.OpenBalanceDate must be specified with Account.OpenBalance", detail))


def rate_missing() -> Refusal:
    # "Curreny" is how a live Canadian company wrote it.
    detail = "The currency and exchange rate are required for transaction in foreign currency."
    return Refusal(Fault("2410", "Curreny, ExchangeRate is missing.", detail))


def unsupported(operation: str) -> Refusal:
    return Refusal(Fault("500", "Unsupported Operation", f"Operation {operation} is not supported.", "Operation"))


def query_unparsable(detail: str) -> Refusal:
    return Refusal(Fault("4000", "Error parsing query", f"QueryParserError: {detail}", None))


def query_invalid(detail: str) -> Refusal:
    return Refusal(Fault("4001", "Invalid query", f"QueryValidationError: {detail}", None))


def system_failure(status: int = 500) -> Refusal:
    fault = Fault(
        "10000",
        "An application error has occurred while processing your request",
        "System Failure Error: java.lang.UnsupportedOperationException",
        "SystemFailureError",
    )
    return Refusal(fault, status=status, type="SystemFault")


def bad_upload() -> Refusal:
    detail = "An error occurred while processing the request : the upload has no file_content part"
    return Refusal(Fault("6041", "Invalid upload", detail))


def nothing_done() -> Refusal:
    fault = Fault("500", "Unsupported Operation", "Operation void is not supported.", "Operation")
    return NothingDone(fault, status=200)


def throttled() -> Refusal:
    fault = Fault(
        "3001",
        "message=ThrottleExceeded; errorCode=003001; statusCode=429",
        "The request limit was reached.  Try again later",
        None,
    )
    return Refusal(fault, status=429, type="SERVICE")


def unauthenticated(detail: str) -> GateRefusal:
    fault = Fault("3200", "message=AuthenticationFailed; errorCode=003200; statusCode=401", detail, None)
    return GateRefusal(fault, status=401, type="AUTHENTICATION")


def unauthorized() -> GateRefusal:
    """As answers shown at frappe/erpnext#29161 and intuit/oauth-jsclient#2: no detail, type SERVICE."""
    message = "message=ApplicationAuthorizationFailed; errorCode=003100; statusCode=403"
    return GateRefusal(Fault("3100", message, "", None), status=403, type="SERVICE")
