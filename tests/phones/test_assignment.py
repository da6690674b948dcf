"""The rule of assigning: the five cases, what they change, and what is refused (R11 to R20)."""

from __future__ import annotations

import pytest
from django.db import IntegrityError, transaction

from phones import assignment
from phones.assignment_plan import Case, Move
from phones.models import Kind, Phone
from tests import factories
from users import sip
from users.models import Plan, SipAccount, User


@pytest.fixture
def people(acme):
    """U has the phone P, V has the phone Q, W has none, and F is a free phone."""
    u, v, w = (
        factories.person(acme, name, "Person", ext=ext)
        for name, ext in (("Uma", "11"), ("Vic", "12"), ("Wyn", "13"))
    )
    p, q, f = (
        factories.phone(acme, who, label=name) for name, who in (("P", u), ("Q", v), ("F", None))
    )
    return {"account": acme, "U": u, "V": v, "W": w, "P": p, "Q": q, "F": f}


def plan(people, *moves: tuple[str, str | None]) -> assignment.Plan:
    return assignment.plan(account_id=people["account"].pk, moves=wishes(people, *moves))


def wishes(people, *moves: tuple[str, str | None]) -> list[Move]:
    return [Move(people[phone].pk, people[who].pk if who else None) for phone, who in moves]


def carry_out(people, *moves: tuple[str, str | None]) -> assignment.Plan:
    seen = plan(people, *moves).seen
    return assignment.carry_out(
        account_id=people["account"].pk, moves=wishes(people, *moves), seen=seen
    )


def holders(people) -> dict[str, str | None]:
    """Return who has which phone, by first name."""
    return {
        phone.label: phone.assigned_to.first_name if phone.assigned_to else None
        for phone in Phone.objects.filter(account=people["account"]).select_related("assigned_to")
    }


def usernames() -> dict[str, str]:
    return dict(
        SipAccount.objects.filter(kind="person").values_list("user__first_name", "username")
    )


# R14, row by row: case, wish, who has which phone then, whose credentials change, which phones to
# restart
TABLE = [
    (Case.UNASSIGN, ("P", None), {"P": None, "Q": "Vic", "F": None}, {"Uma"}, {"P"}),
    (Case.GIVE_FREE, ("F", "W"), {"P": "Uma", "Q": "Vic", "F": "Wyn"}, {"Wyn"}, {"F"}),
    (Case.PASS_ON, ("P", "W"), {"P": "Wyn", "Q": "Vic", "F": None}, {"Uma", "Wyn"}, {"P"}),
    (Case.SWITCH_TO_FREE, ("F", "V"), {"P": "Uma", "Q": None, "F": "Vic"}, {"Vic"}, {"F", "Q"}),
    (
        Case.SWITCH_TO_USED,
        ("P", "V"),
        {"P": "Vic", "Q": None, "F": None},
        {"Uma", "Vic"},
        {"P", "Q"},
    ),
]


@pytest.mark.parametrize(
    ("case", "wish", "after", "changed", "restart"), TABLE, ids=[row[0].name for row in TABLE]
)
def test_each_case_does_what_its_row_says(people, case, wish, after, changed, restart):  # R14
    before, old = holders(people), usernames()
    seen = plan(people, wish)
    assert seen.case == case
    assert {person.name.split()[0] for person in seen.people} == changed
    assert {change.title for change in seen.changes} == restart
    assert (holders(people), usernames()) == (before, old)  # choosing changes nothing
    carry_out(people, wish)
    new = usernames()
    assert holders(people) == after
    assert {name for name in new if new[name] != old[name]} == changed


def test_plan_names_before_and_after_of_every_phone_and_person(people):  # R15
    what = plan(people, ("P", "V"))
    assert [
        (c.title, c.before and c.before.name, c.after and c.after.name) for c in what.changes
    ] == [
        ("P", "Uma Person", "Vic Person"),
        ("Q", "Vic Person", None),
    ]
    assert [person.name for person in what.left_without] == ["Uma Person"]
    assert [change.title for change in what.silenced] == ["Q"]
    assert [change.title for change in what.connected] == ["P"]


def test_credentials_change_whole_and_fit_their_derived_password(people, settings):  # R14, R22
    before = SipAccount.objects.get(user=people["W"])
    carry_out(people, ("F", "W"))
    after = SipAccount.objects.get(user=people["W"])
    assert after.username != before.username
    assert after.ha1 == sip.compute_ha1(after.username, sip.password_of(after))
    assert sip.password_of(after) != sip.password_of(before)
    assert len(sip.password_of(after)) == 24
    assert sip.password_of(after) not in str(SipAccount.objects.filter(pk=after.pk).values().get())
    settings.SIP_KEYS = ["another key"]
    with pytest.raises(sip.UnknownKey):
        sip.password_of(after)


@pytest.mark.parametrize("wish", [("P", "U"), ("F", None)])
def test_choice_of_what_is_already_changes_nothing(people, wish):  # R16
    old = usernames()
    assert plan(people, wish).changes == ()
    assert carry_out(people, wish).changes == ()
    assert usernames() == old


@pytest.mark.parametrize(
    "meanwhile",
    [
        lambda p: Phone.objects.filter(pk=p["P"].pk).update(assigned_to=None),
        lambda p: Phone.objects.filter(pk=p["F"].pk).update(assigned_to=p["W"]),
        lambda p: Phone.objects.filter(pk=p["P"].pk).update(label="renamed"),
        lambda p: User.objects.filter(pk=p["U"].pk).update(first_name="Una"),
        lambda p: User.objects.filter(pk=p["W"].pk).update(ext="99"),
        lambda p: factories.address(p["P"]),
        lambda p: sip.issue_credentials([p["U"]]),
    ],
)
def test_confirmation_of_what_has_changed_since_does_nothing(people, meanwhile):  # R17
    seen = plan(people, ("P", "W")).seen
    meanwhile(people)
    before, old = holders(people), usernames()
    with pytest.raises(assignment.AssignmentChanged) as changed:
        assignment.carry_out(
            account_id=people["account"].pk, moves=wishes(people, ("P", "W")), seen=seen
        )
    assert changed.value.plan.seen == plan(people, ("P", "W")).seen != seen
    assert (holders(people), usernames()) == (before, old)


def test_confirming_twice_does_it_once(people):  # R17
    move, seen = wishes(people, ("P", "W")), plan(people, ("P", "W")).seen
    assignment.carry_out(account_id=people["account"].pk, moves=move, seen=seen)
    once = usernames()
    assert (
        assignment.carry_out(account_id=people["account"].pk, moves=move, seen=seen).changes == ()
    )
    assert usernames() == once


def test_old_confirmation_is_dead_after_a_return_to_the_same_situation(people):  # R17
    seen = plan(people, ("P", "W")).seen
    carry_out(people, ("P", "W"))
    carry_out(people, ("P", "U"))
    assert holders(people)["P"] == "Uma"
    with pytest.raises(assignment.AssignmentChanged):
        assignment.carry_out(
            account_id=people["account"].pk, moves=wishes(people, ("P", "W")), seen=seen
        )


def test_several_moves_are_one_plan(people):
    """Swapping two people's phones and undoing an e need more than one move."""
    before = usernames()
    carry_out(people, ("P", "V"), ("Q", "U"))
    assert holders(people) == {"P": "Vic", "Q": "Uma", "F": None}
    carry_out(people, ("P", "U"), ("Q", "V"))
    assert holders(people) == {"P": "Uma", "Q": "Vic", "F": None}
    carry_out(people, ("P", "V"), ("Q", "W"), ("F", "U"))
    assert holders(people) == {"P": "Vic", "Q": "Wyn", "F": "Uma"}
    assert all(usernames()[name] != before[name] for name in before)


@pytest.mark.parametrize("moves", [(("P", "W"), ("P", "V")), (("P", "W"), ("Q", "W"))])
def test_moves_that_contradict_each_other_are_refused(people, moves):
    with pytest.raises(assignment.AssignmentRefused, match="twice"):
        plan(people, *moves)


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"plan": Plan.BASIC}, "Basic plan"),
        ({"first_name": ""}, "Missing: first name"),
        ({"last_name": ""}, "Missing: last name"),
        ({"email": None}, "Missing: email"),
        ({"ext": None}, "Missing: extension"),
        ({"ext": None, "email": None}, "Missing: email, extension"),
        ({"is_active": False}, "Deactivated"),
    ],
)
def test_person_who_may_not_have_a_phone_is_refused_with_the_reason(
    people, fields, said
):  # R12, R19
    User.objects.filter(pk=people["W"].pk).update(**fields)
    with pytest.raises(assignment.AssignmentRefused, match=said):
        plan(people, ("F", "W"))
    assert said in assignment.find_obstacle(User.objects.get(pk=people["W"].pk))
    with pytest.raises(IntegrityError), transaction.atomic():  # the database refuses it as well
        Phone.objects.filter(pk=people["F"].pk).update(assigned_to=people["W"])


def test_common_area_phone_is_refused(people):  # R13
    people["L"] = factories.phone(people["account"], kind=Kind.COMMON, label="Lobby")
    with pytest.raises(assignment.AssignmentRefused, match="common-area"):
        plan(people, ("L", "W"))


def test_objects_of_other_accounts_do_not_exist(people, other):
    stranger = factories.person(other)
    theirs = factories.phone(other)
    account = people["account"].pk
    with pytest.raises(User.DoesNotExist):
        assignment.plan(account_id=account, moves=[Move(people["F"].pk, stranger.pk)])
    with pytest.raises(Phone.DoesNotExist):
        assignment.carry_out(account_id=account, moves=[Move(theirs.pk, people["W"].pk)], seen="x")
    with pytest.raises(Phone.DoesNotExist):
        assignment.plan(
            account_id=other.pk, moves=[Move(theirs.pk, None)]
        )  # outside the scope of this transaction


def test_obstacle_of_somebody_who_may_have_a_phone_is_none():
    person = User(first_name="A", last_name="B", email="a@b.example", ext="1", plan=Plan.PLUS)
    assert assignment.find_obstacle(person) is None


def test_carrying_out_is_the_same_number_of_queries_at_any_size(
    people, django_assert_max_num_queries
):
    for _ in range(5):
        factories.phone(people["account"], factories.person(people["account"]))
    seen = plan(people, ("P", "V")).seen
    with django_assert_max_num_queries(11):
        assignment.carry_out(
            account_id=people["account"].pk, moves=wishes(people, ("P", "V")), seen=seen
        )
