"""Wrong scoring, routes and rules as people write them, and the words that each of them gets."""

from __future__ import annotations

import pytest

from leadshare.scoring.operators import NUMBERS, OPERATORS, SCORED, TEXTS
from leadshare.scoring.possible import values
from tests.configuration.wrong_files import FILE, route, rule, said

FIELDS = ", ".join(TEXTS + NUMBERS + SCORED)
STAGES = ", ".join(values("stage"))

WRONG = [
    pytest.param(
        f"{FILE}[scoring.sales_ready]\nappsource = 101\n",
        ["line 11: scoring.sales_ready.appsource: expected an integer from 0 to 100"],
        id="threshold",
    ),
    pytest.param(
        f"{FILE}[scoring.sales_ready]\nazure = 50\n",
        [
            'line 11: scoring.sales_ready.azure: no such setting; did you mean "azure_marketplace"? known: appsource, azure_marketplace',
        ],
        id="threshold-of-nothing",
    ),
    pytest.param(
        f'{FILE}storefronts = ["azure"]\n',
        [
            'line 10: destination "desk": storefronts: item 1: no such value; did you mean "azure_marketplace"? expected one of appsource, azure_marketplace, unknown',
        ],
        id="storefront-of-a-destination",
    ),
    pytest.param(
        f'{FILE}[[route]]\nto = ["dsek"]\n',
        ['line 11: route 1: to: item 1: no destination "dsek"; did you mean "desk"? known: desk'],
        id="route-to-nowhere",
    ),
    pytest.param(
        f'{FILE}[[route]]\nto = "desk"\n',
        [
            'line 11: route 1: to: expected an array, each a string; there is a string: write to = ["desk"]',
        ],
        id="string-for-array",
    ),
    pytest.param(
        FILE + route('field = "score", op = ">=", value = 60'),
        [
            f"line 13: route 1: condition 1: op: no such value; expected one of {', '.join(OPERATORS)}",
        ],
        id="operator",
    ),
    pytest.param(
        FILE + route('field = "score", op = "contains", value = 6'),
        [
            "line 13: route 1: condition 1: score takes one of eq, ne, at_least, at_most, not contains",
        ],
        id="operator-of-texts",
    ),
    pytest.param(
        FILE + route('field = "score", op = "at_least", value = "60"'),
        ["line 13: route 1: condition 1: score at_least takes an integer"],
        id="text-for-score",
    ),
    pytest.param(
        FILE + route('field = "scor", op = "at_least", value = 60'),
        [
            f'line 13: route 1: condition 1: field: no such value; did you mean "score"? expected one of {FIELDS}',
        ],
        id="field",
    ),
    pytest.param(
        FILE + route('field = "storefront", op = "eq", value = "azuremarketplace"'),
        [
            'line 13: route 1: condition 1: value: storefront is never "azuremarketplace"; did you mean "azure_marketplace"? expected one of appsource, azure_marketplace, unknown',
        ],
        id="storefront",
    ),
    pytest.param(
        FILE + route('field = "country", op = "in", value = ["Germany", "UK"]'),
        [
            'line 13: route 1: condition 1: value: item 1: country is never "Germany"; for Germany write "DE"',
            'line 13: route 1: condition 1: value: item 2: country is never "UK"; for United Kingdom write "GB"',
        ],
        id="country",
    ),
    pytest.param(
        FILE + route('field = "stage", op = "eq", value = "hot"'),
        [f'line 13: route 1: condition 1: value: stage is never "hot"; expected one of {STAGES}'],
        id="stage",
    ),
    pytest.param(
        FILE + route('field = "score", op = "at_least", value = 150'),
        ["line 13: route 1: condition 1: value: score is 0 to 100: at_least 150 is never true"],
        id="score",
    ),
    pytest.param(
        FILE + rule({"when": '[{ field = "intent", op = "eq", value = "demo" }]'}),
        [
            f'line 14: scoring.rule "german": condition 1: value: intent is never "demo"; expected one of {", ".join(values("intent"))}',
        ],
        id="intent",
    ),
    pytest.param(
        FILE + rule({"points": "1000"}),
        ['line 12: scoring.rule "german": points: expected an integer from -100 to 100'],
        id="points",
    ),
    pytest.param(
        FILE + rule({"points": '"ten"'}),
        [
            'line 12: scoring.rule "german": points: expected an integer from -100 to 100; there is a string',
        ],
        id="points-in-letters",
    ),
    pytest.param(
        FILE.replace('"app"', '"saas"')
        + 'look_ups = 1\n[[route]]\nto = ["dsek"]\n[scoring.sales_ready]\nappsource = "60"\n'
        + rule({"points": "1000"}),
        [
            'line 4: listing "contoso.robot": kind: no such value; expected one of app, consulting service, offer, technology',
            'line 10: destination "desk": look_ups: no such setting: a webhook cannot be read back',
            'line 12: route 1: to: item 1: no destination "dsek"; did you mean "desk"? known: desk',
            "line 14: scoring.sales_ready.appsource: expected an integer from 0 to 100; there is a string: write it without quotes",
            'line 17: scoring.rule "german": points: expected an integer from -100 to 100',
        ],
        id="five-faults",
    ),
    pytest.param(
        "",
        [
            "leadshare.toml: no destination gets any lead; expected a [[destination]], or [[route]] to = [] if all leads are to be kept for nobody, on purpose",
        ],
        id="empty",
    ),
    pytest.param(
        f'{FILE}channel = "field_seller"\n',
        [
            'line 5: destination "desk": channel field_seller brings "desk" none of the leads without a route; expected a [[route]] with to = ["desk"]',
        ],
        id="field-seller-without-a-route",
    ),
    pytest.param(
        f'{FILE}channel = "marketplace"\nstorefronts = ["appsource"]\n',
        [
            'line 11: destination "desk": storefronts: channel marketplace brings "desk" none of their leads; expected no storefronts, and a [[route]] that says what goes there',
        ],
        id="storefronts-of-another-channel",
    ),
    pytest.param(
        FILE
        + route('field = "country", op = "eq", value = "Germany"')
        + '[[route]]\nto = ["dsek"]\n',
        [
            'line 13: route 1: condition 1: value: country is never "Germany"; for Germany write "DE"',
            'line 16: route 2: to: item 1: no destination "dsek"; did you mean "desk"? known: desk',
        ],
        id="never-and-nowhere",
    ),
    pytest.param(
        f'{FILE}[[route]]\nto = ["desk"]\nwhen = {{ field = "country", op = "present" }}\n',
        [
            "line 12: route 1: when: expected an array of tables; there is a table: write [[route.when]]",
        ],
        id="condition-for-conditions",
    ),
    pytest.param(
        FILE + route('field = "country", op = "present", valeu = 3', ""),
        [
            'line 13: route 1: condition 1: valeu: no such setting; did you mean "value"? known: field, op, value',
            f"line 14: route 1: condition 2: field: expected one of {FIELDS} (required): The fact; `score` and `stage` are for routes only",
            f"line 14: route 1: condition 2: op: expected one of {', '.join(OPERATORS)} (required): What is asked of it: `touches`, `listings` and `score` are numbers, all others texts",
        ],
        id="half-conditions",
    ),
    pytest.param(
        FILE
        + route(
            'field = "country", op = "in", value = "DE"', 'field = "score", op = "eq", value = []'
        )
        + route('field = "country", op = "in", value = ["DE", 5]', 'field = "score", op = "eq"'),
        [
            "line 13: route 1: condition 1: country in takes an array of strings",
            "line 14: route 1: condition 2: score eq takes an integer",
            "line 19: route 2: condition 1: value: item 2: expected a string; there is an integer: write it in quotes",
            "line 20: route 2: condition 2: score eq takes an integer",
        ],
        id="values-of-other-types",
    ),
    pytest.param(
        FILE + route('field = "score", op = "at_least", value = 60.5'),
        [
            "line 13: route 1: condition 1: value: expected a string or an integer or an array, each a string; there is a float",
        ],
        id="value-of-no-type",
    ),
    pytest.param(
        FILE
        + route(
            'field = "listing", op = "eq", value = "contoso.robott"',
            'field = "score", op = "at_least", value = 60',
        ),
        [
            'line 13: route 1: condition 1: value: no [[listing]] has the id "contoso.robott"; did you mean "contoso.robot"?',
        ],
        id="listing-that-is-not-there",
    ),
    pytest.param(
        FILE
        + route(
            'field = "country", op = "eq", value = "DE"',
            'field = "country", op = "eq", value = "AT"',
        )
        + rule(
            {
                "when": '[{ field = "touches", op = "at_least", value = 3 },'
                ' { field = "touches", op = "at_most", value = 2 }]'
            }
        ),
        [
            "line 12: route 1: when: no lead can meet all that is asked about country",
            'line 20: scoring.rule "german": when: no lead can meet all that is asked about touches',
        ],
        id="conditions-that-exclude-each-other",
    ),
    pytest.param(
        FILE + rule({"when": '[{ field = "score", op = "at_least", value = 5 }]'}),
        ['line 14: scoring.rule "german": condition 1: a scoring rule cannot ask about score'],
        id="rule-that-asks-the-score",
    ),
    pytest.param(
        FILE + rule({"name": '"German!"', "why": '""', "when": "[]"}),
        [
            "line 11: scoring.rule 1: name: expected lower-case letters, digits and hyphens",
            "line 13: scoring.rule 1: why: expected a string of 1 to 60 characters",
            "line 14: scoring.rule 1: when: expected an array of tables that is not empty",
        ],
        id="rule-of-nothing",
    ),
]


@pytest.mark.parametrize(("text", "expected"), WRONG)
def test_told(text, expected, tmp_path):
    """Each fault is told once, by name and line, with what is expected in its place."""
    assert expected == said(tmp_path, text)
