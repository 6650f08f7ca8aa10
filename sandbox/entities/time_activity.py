"""Time that somebody worked: an employee or a vendor, for a customer or for ourselves."""

from typing import TYPE_CHECKING

from sandbox import refusals
from sandbox.entities.generic import CLASS, CUSTOMER, DEPARTMENT, EMPLOYEE, ITEM, VENDOR, Generic
from sandbox.entities.kind import entity_shape
from sandbox.fields import choice, day, flag, number, ref, text
from sandbox.numbers import Json

if TYPE_CHECKING:
    from sandbox.changes import Change

_MINUTES_OF_HOUR = 60


class TimeActivity(Generic):
    name = "TimeActivity"
    # It posts nothing, and its Ids are not those of transactions.
    sequence = "TimeActivity"
    required = ("NameOf",)
    references = {
        "EmployeeRef": EMPLOYEE,
        "VendorRef": VENDOR,
        "CustomerRef": CUSTOMER,
        "ItemRef": ITEM,
        "ClassRef": CLASS,
        "DepartmentRef": DEPARTMENT,
    }
    defaults = {"BillableStatus": "NotBillable", "Taxable": False}
    shape = entity_shape(
        "TimeActivity",
        {
            "NameOf": choice("Employee", "Vendor", "Other", search=True),
            "EmployeeRef": ref(search=True),
            "VendorRef": ref(search=True),
            "CustomerRef": ref(search=True),
            "ItemRef": ref(),
            "ClassRef": ref(),
            "DepartmentRef": ref(),
            "ProjectRef": ref(),
            "PayrollItemRef": ref(),
            "TxnDate": day(search=True),
            "BillableStatus": choice("Billable", "NotBillable", "HasBeenBilled", search=True),
            "Taxable": flag(),
            "HourlyRate": number(),
            "CostRate": number(),
            "Hours": number(),
            "Minutes": number(),
            "Seconds": number(),
            "BreakHours": number(),
            "BreakMinutes": number(),
            "BreakSeconds": number(),
            "StartTime": text(),
            "EndTime": text(),
            "Description": text(4000),
            "TransactionLocationType": text(),
        },
    )

    def completed(self, change: "Change", fields: Json, old: Json | None) -> Json:  # noqa: ARG002
        who = f"{fields['NameOf']}Ref"
        if fields["NameOf"] != "Other" and who not in fields:
            raise refusals.missing(who)
        spanned = "StartTime" in fields and "EndTime" in fields
        if not spanned and "Hours" not in fields and "Minutes" not in fields:
            raise refusals.missing("Hours, Minutes or StartTime, EndTime")
        if fields.get("Minutes", 0) >= _MINUTES_OF_HOUR:
            raise refusals.bad_value("Minutes", fields["Minutes"])
        if fields["BillableStatus"] == "Billable" and "CustomerRef" not in fields:
            raise refusals.missing("CustomerRef")
        return fields
