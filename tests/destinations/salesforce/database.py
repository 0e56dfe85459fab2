"""Salesforce's objects, as their simulator has them: the fields that matter, and what they take."""

from __future__ import annotations

from typing import Final

KEY: Final = "LeadShare_Id__c"
TOUCH: Final = "LeadShare_Touch__c"

TEXTS: Final = {
    KEY: 49,
    "FirstName": 40,
    "LastName": 80,
    "Company": 255,
    "Title": 128,
    "Email": 80,
    "Phone": 40,
    "Website": 255,
    "Country": 80,
    "LeadSource": 255,
    "Rating": 255,
    "Description": 32000,
    "Status": 255,
}
"""Length of each text (Field Reference Guide, Lead)."""
BOOLEANS: Final = ("DoNotCall", "HasOptedOutOfEmail", "IsConverted")
NUMBERS: Final = ("NumberOfEmployees",)
REQUIRED: Final = ("LastName", "Company")
READ_ONLY: Final = ("IsConverted",)
STANDING: Final = ("IsDeleted", "MasterRecordId", "ConvertedContactId", "ConvertedOpportunityId")
"""What a query shows besides, which Salesforce writes alone."""
TASK: Final = {TOUCH: 32, "Subject": 255, "Description": 32000, "Status": 255}
"""Length of each text of a task (Object Reference, Task)."""
POINTERS: Final = ("WhoId", "WhatId", "ActivityDate")
STATUSES: Final = {"Not Started": False, "Erledigt": True}
"""What tasks are called in this org, and whether that is done."""
CHOICES: Final = {"Rating": ("Hot", "Warm", "Cold")}
"""Picklists; this org's Rating is restricted."""
STAMPS: Final = (
    *("Id", "IsDeleted", "SystemModstamp", "CreatedDate", "CreatedById"),
    *("LastModifiedDate", "LastModifiedById"),
)
"""What every object has, and Salesforce writes alone."""
LEAD: Final = (
    *(*STANDING, "IsConverted", "OwnerId", "IsUnreadByOwner"),
    *("FirstCallDateTime", "FirstEmailDateTime"),
)
OPPORTUNITY: Final = ("StageName", "IsWon", "IsClosed", "Amount", "CurrencyIsoCode")
ACTIVITY: Final = (*TASK, "IsClosed", "CompletedDateTime")
"""What is asked of other objects, and of a lead besides what is written."""
CHILDREN: Final = {("Lead", "ConvertedOpportunity"): "Opportunity"}
"""Relationships from an object to another."""
