"""The groups into which customers are sorted; people make them in QuickBooks, an app only reads them."""

from sandbox.entities.kind import Kind, entity_shape
from sandbox.fields import flag, text


class CustomerType(Kind):
    name = "CustomerType"
    sequence = "CustomerType"
    listed_by = "Name"
    hides_inactive = True
    shape = entity_shape("CustomerType", {"Name": text(100, search=True), "Active": flag(search=True)})
