"""What transactions are sorted by: classes for single lines, departments (locations) for whole documents."""

from sandbox.entities.listed import NameList, list_shape
from sandbox.fields import ADDRESS, anything, flag, kept, part, ref, text


class Class(NameList):
    name = "Class"
    # As in Intuit's reference.
    counted = True
    sequence = "Class"
    listed_by = "FullyQualifiedName"
    called = "class"
    referred_as = "Klasses"
    nested_as = "SubClass"
    shape = list_shape(
        "Class",
        {
            "Name": text(100, search=True),
            "SubClass": flag(search=True),
            "ParentRef": ref(search=True),
            "FullyQualifiedName": kept("text", search=True),
            "Active": flag(search=True),
        },
    )


class Department(NameList):
    name = "Department"
    sequence = "Department"
    listed_by = "FullyQualifiedName"
    called = "department"
    referred_as = "Depts"
    nested_as = "SubDepartment"
    shape = list_shape(
        "Department",
        {
            "Name": text(100, search=True),
            "SubDepartment": flag(search=True),
            "ParentRef": ref(search=True),
            "FullyQualifiedName": kept("text", search=True),
            "Active": flag(search=True),
            "Address": part(ADDRESS),
            "CustomerTerminology": anything(),
        },
    )
