"""What the words of answers tell: throttles, used-up quotas, faults of the moment, what is gone."""

from __future__ import annotations

import pytest

from leadshare.client.answers.signs import (
    Sign,
    names_missing_field,
    names_missing_reference,
    sign_of,
)


@pytest.mark.parametrize(
    ("text", "sign"),
    [
        ("Number of API requests for the 24 hour period is exceeded", Sign.QUOTA),
        ("TotalRequests Limit exceeded.", Sign.QUOTA),
        ("Your daily API limit has been reached", Sign.QUOTA),
        ("API quota exceeded", Sign.QUOTA),
        ("You have run out of API credits", Sign.QUOTA),
        ("EmailQuotaExceeded", Sign.QUOTA),
        ("DailyApiLimitExceeded", Sign.QUOTA),
        ("No calls are left: the limit for the day", Sign.QUOTA),
        ("You have reached your secondly limit.", Sign.THROTTLED),
        ("You have reached your ten_secondly_rolling limit.", Sign.THROTTLED),
        ("Too many requests were sent. Slow down", Sign.THROTTLED),
        ("TOO_MANY_APEX_REQUESTS", Sign.THROTTLED),
        ("login rate exceeded", Sign.THROTTLED),
        ("ConcurrentPerOrgLongTxn Limit exceeded.", Sign.THROTTLED),
        ("Max rate limit '100' exceeded with in '20' secs", Sign.THROTTLED),
        ("Combined execution time of incoming requests exceeded limit", Sign.THROTTLED),
        ("System.LimitException: Too many SOQL queries: 101", Sign.MOMENT),
        ("System.CalloutException: Read timed out", Sign.MOMENT),
        ("Transaction (Process ID 52) was deadlocked on lock resources", Sign.MOMENT),
        ("UNABLE_TO_LOCK_ROW, unable to obtain exclusive access", Sign.MOMENT),
        ("An unexpected error occurred.", Sign.MOMENT),
        ("Wait for the maintenance to end", Sign.MOMENT),
        ("please retry your request", Sign.MOMENT),
        ("Max field limit exceeded", None),
        ("Record insertion limit for Image upload field has been exceeded.", None),
        ("Please correct the phone number and try again", None),
        ("Phone: invalid phone number", None),
        ("The length of the Country attribute exceeded the maximum", None),
        ("", None),
    ],
)
def test_sign_of(text, sign):
    """A day's quota is told apart from a limit of calls, of one query and of one record."""
    assert sign is sign_of(text)


@pytest.mark.parametrize(
    ("text", "field", "reference"),
    [
        ("No such column 'Foo__c' on sobject of type Lead", True, False),
        ('Property "foo" does not exist', True, False),
        ("Could not find a property named 'foo' on type 'Lead'", True, False),
        ("Unknown field 'foo'", True, False),
        ("There is no property named 'foo'", True, False),
        ("Property foo is archived", True, False),
        ("operation performed with inactive user [005000000000001]", False, True),
        ("systemuser With Id = 3c2f3614 Does Not Exist", False, True),
        ("Record Type ID: this ID value isn't valid for the user", False, True),
        ("Owner ID: owner not found", False, True),
        ("Queue not associated with this SObject type", False, True),
        ("Campaign ID: id value of incorrect type", False, True),
        ("Invalid field value", False, False),
        ("Invalid email address", False, False),
    ],
)
def test_names_what_is_gone(text, field, reference):
    """A field that is not there is told apart from what is wrong in one, and from an owner."""
    assert (field, reference) == (names_missing_field(text), names_missing_reference(text))
