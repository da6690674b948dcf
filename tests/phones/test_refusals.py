"""Each refusal of phones has a sentence, a Help topic, and a constraint that exists."""

import pytest
from django.db import connection

from phoneadmin.help.topics import find_topic
from phones.refusals import LINE_REFUSALS, OVERTAKEN


def test_every_refusal_leads_to_the_topic_that_help_shows_for_it():
    topics = {code: find_topic(code) for code in LINE_REFUSALS}
    assert {code: topic and topic.anchor for code, topic in topics.items()} == {
        code: refusal.topic for code, refusal in LINE_REFUSALS.items()
    }


def test_overtaken_assignment_leads_to_the_topic_of_its_code():
    assert {refusal.topic for refusal in OVERTAKEN.values()} == {find_topic("changed").anchor}


@pytest.mark.django_db
def test_every_constraint_in_the_catalog_exists_in_the_database():
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT conname FROM pg_constraint"
            " UNION SELECT indexrelid::regclass::text FROM pg_index"
        )
        names = {name for (name,) in cursor.fetchall()}
    constraints = {code for code in {**LINE_REFUSALS, **OVERTAKEN} if code.startswith("phones_")}
    assert len(constraints) == 9
    assert constraints <= names
