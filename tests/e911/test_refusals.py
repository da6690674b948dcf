"""What E911 refuses has a sentence and a Help topic, and nothing that a check finds is left out."""

from e911.addresses import checks
from e911.addresses.findings import RULES, make_finding
from e911.refusals import HINTS, REFUSALS
from phoneadmin.help.topics import find_topic


def test_every_refusal_and_hint_leads_to_the_topic_that_help_shows_for_it():
    catalog = {**REFUSALS, **HINTS}
    topics = {code: find_topic(code) for code in catalog}
    assert {code: topic and topic.anchor for code, topic in topics.items()} == {
        code: refusal.topic for code, refusal in catalog.items()
    }


def test_catalog_has_every_rule_about_an_address_once():
    assert REFUSALS.keys() & HINTS.keys() == set()
    assert {*REFUSALS, *HINTS} == {*RULES, checks.NOT_FOUND}
    reasons = set().union(*checks.REASONS.values())
    assert reasons <= REFUSALS.keys()


def test_only_a_hint_can_be_overruled():
    values = dict.fromkeys(
        ("text", "code", "here", "there", "province", "typed", "meant", "city"), "x"
    )
    findings = [make_finding(code, **values) for code in RULES]
    assert {each.code for each in findings if each.severity == "hint"} == HINTS.keys()
    assert all(each.sentence for each in findings)
