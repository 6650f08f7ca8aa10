"""The groups into which customers are sorted: people make them in QuickBooks, an app only reads them."""

from sandbox.entities.listed import NameList, list_shape
from sandbox.fields import flag, text


class CustomerType(NameList):
    name = "CustomerType"
    sequence = "CustomerType"
    operations = frozenset()
    called = "customer type"
    referred_as = "CustomerTypes"
    shape = list_shape("CustomerType", {"Name": text(100, search=True), "Active": flag(search=True)})
