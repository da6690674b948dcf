"""What Help says: one source for the page and for its search. Anchors are stable, as messages and people link to them.

The advice is that of the guide to user phones that customers of such a service know, in words of our own (R10).
"""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

Text = str | Promise
SUPPORT = "support"  # the topic that the page adds telephone, hours and chat to


@dataclass(frozen=True)
class Topic:
    """One question and its answer: paragraphs, then a list of points, or of steps in their order.

    `also` are words that people search by and that the answer does not use.
    """

    anchor: str
    title: Text
    paragraphs: tuple[Text, ...]
    points: tuple[Text, ...] = ()
    in_order: bool = False
    also: Text = ""

    @property
    def texts(self) -> tuple[Text, ...]:
        """All that it is searched by."""
        return (self.title, *self.paragraphs, *self.points, self.also)


@dataclass(frozen=True)
class Section:
    """Topics about one subject."""

    anchor: str
    title: Text
    topics: tuple[Topic, ...]


SECTIONS: tuple[Section, ...] = (
    Section(
        "user-phones",
        _("User phones"),
        (
            Topic(
                "what-is-a-user-phone",
                _("What is a user phone?"),
                (
                    _(
                        "A desk phone that belongs to a person, or can belong to one. It makes and receives calls."
                    ),
                    _(
                        "Apps and softphones on computers and mobile phones are not user phones. You do not assign"
                        " them, and assigning a desk phone does not change them."
                    ),
                    _(
                        "A phone takes the extension, the name and the outbound caller ID of its person."
                    ),
                ),
                also=_("device handset mobile application"),
            ),
            Topic(
                "columns",
                _("The columns of User phones"),
                (_("Open Phones in the navigation, then User phones. Each row is one phone:"),),
                (
                    _("Label: your own name for the phone. It is empty until you write one."),
                    _(
                        "Ext: the extension that rings this phone. It is the person’s and moves with the person."
                    ),
                    _("Assigned to: whose phone it is. Choose somebody else here, or Unassigned."),
                    _("Model: maker and model."),
                    _("MAC Address: the number that tells this phone from every other one."),
                    _(
                        "E911 Address: where a 911 dispatcher sends help. “Add address” means that it is missing. A"
                        " dash means that the phone is nobody’s and needs none yet."
                    ),
                    _("Status: whether the phone is registered, and whether it needs a restart."),
                    _("⋯: everything else you can do with the phone."),
                ),
                also=_("table row"),
            ),
            Topic(
                "finding-a-phone",
                _("How do I find a phone in the list?"),
                (
                    _(
                        "Type a part of the label, extension, person, model or MAC address into the search. A MAC"
                        " address is found in any notation."
                    ),
                    _(
                        "Narrow the list to assigned phones, free phones, phones without an E911 address, or one model."
                        " Choose the heading of a column to sort by it; choose it again to turn the order round."
                    ),
                    _(
                        "The address in your browser holds search, filter and order: keep it as a bookmark, or send it"
                        " to a colleague. “Download as CSV” gives you the list as you see it."
                    ),
                    _(
                        "A phone that you change stays in view until you load the list again, even if it no longer"
                        " fits."
                    ),
                ),
                also=_("filter sort order export spreadsheet excel"),
            ),
            Topic(
                "labels",
                _("Labels: how to tell phones apart"),
                (
                    _(
                        "Phones of one model look alike. Give each a label that says which one it is, such as “Front"
                        " desk” or “Room 12”."
                    ),
                    _(
                        "Choose the label in the row, type, and press Enter. Esc leaves it as it was. A label has at"
                        " most 60 characters, and no two phones of your company have the same one; capital letters make"
                        " no difference."
                    ),
                    _(
                        "Another phone may have the label and not be in the list: phones of common areas have labels"
                        " too."
                    ),
                ),
                also=_("rename name duplicate"),
            ),
            Topic(
                "mac",
                _("Where is the MAC address?"),
                (
                    _(
                        "On a sticker at the back of the phone or under it. Many phones also show it in their menu."
                    ),
                    _(
                        "It has 12 digits, each 0–9 or A–F. Write it with colons, hyphens, dots or nothing in between,"
                        " in capitals or not: 80-5B-B0-E8-63-FC and 805bb0e863fc are the same."
                    ),
                    _(
                        "No two phones have the same one, so it tells phones of one model apart. Have it at hand when"
                        " you ask support about a phone."
                    ),
                ),
                also=_("hexadecimal identifier network sticker label hardware serial number"),
            ),
            Topic(
                "mac-in-use",
                _("The MAC address is already in use"),
                (
                    _("A phone can be in one company’s list only, and only once."),
                    _(
                        "Search User phones for the MAC address, and look at the common-area phones on Add phones. If"
                        " it is not there, the phone is still in another company’s list: chat with support."
                    ),
                ),
                also=_("duplicate second-hand used taken"),
            ),
            Topic(
                "not-listed",
                _("Why is a phone not on User phones?"),
                (_("Go through this:"),),
                (
                    _("A search or filter may hide it. Choose “Show all phones”."),
                    _(
                        "A phone of a common area, such as a lobby or kitchen, is not listed: it belongs to nobody."
                    ),
                    _("Apps and softphones are not listed: they are no desk phones."),
                    _("A new phone is listed once you added it under Add phones."),
                    _(
                        "A phone that was removed or replaced is gone from the list. Activity says when, and by whom."
                    ),
                    _("If a person has the phone and you still do not see it, chat with support."),
                ),
                also=_("missing cannot find lost common area"),
            ),
            Topic(
                "no-phones",
                _("Why do I see only Add phones?"),
                (
                    _(
                        "Your company has no phone yet. Add the first one, and User phones shows it. With phones of"
                        " common areas only, User phones is empty and says so."
                    ),
                ),
                also=_("empty first"),
            ),
        ),
    ),
    Section(
        "assigning",
        _("Giving phones to people"),
        (
            Topic(
                "assign",
                _("How do I give a phone to somebody?"),
                (_("The phone must be in your list. If it is not, add it first."),),
                (
                    _("Open Phones, then User phones."),
                    _("Find the phone by its label or MAC address."),
                    _(
                        "Choose Assigned to in its row. Type a name or an extension, or look through the list."
                    ),
                    _(
                        "Choose the person. The list is in the order of the extensions and says who already has a"
                        " phone. Unassigned, at the top, takes the phone away from its person."
                    ),
                    _(
                        "Read what will happen, and confirm. Until then nothing changes, and Esc or Cancel leaves all"
                        " as is."
                    ),
                    _(
                        "Restart the phones that the message names, so that the change takes effect at once."
                    ),
                    _("If the phone goes to another place, update its E911 address."),
                ),
                in_order=True,
                also=_("change owner move transfer reassign different user swap hand over"),
            ),
            Topic(
                "five-confirmations",
                _("What does each confirmation mean?"),
                (
                    _(
                        "Before anything changes you see every phone and every person concerned, now and then. There"
                        " are five cases:"
                    ),
                ),
                (
                    _(
                        "You unassign a phone. It loses line 1: it cannot call, 911 included, until you assign it"
                        " again. The person has no desk phone and gets new SIP credentials. Restart the phone."
                    ),
                    _(
                        "You give a free phone to somebody who has none. It gets line 1 as this person, who gets new"
                        " SIP credentials. Restart the phone."
                    ),
                    _(
                        "You give one person’s phone to somebody who has none. It gets line 1 as the new person; the"
                        " person before has no desk phone. Both get new SIP credentials. Restart the phone."
                    ),
                    _(
                        "You give a free phone to somebody who has another. That other phone loses line 1, the new one"
                        " gets it. The person gets new SIP credentials. Restart both phones."
                    ),
                    _(
                        "You give one person’s phone to somebody who has another. The phone they had loses line 1, the"
                        " new one gets it, and the person before has no desk phone. Both people get new SIP"
                        " credentials. Restart both phones."
                    ),
                ),
                in_order=True,
                also=_("unassign line 1 dialog consequence disconnect"),
            ),
            Topic(
                "what-assigning-changes",
                _("What does assigning change, and what not?"),
                (
                    _(
                        "A person has at most one phone and a phone at most one person. Who gets another phone gives up"
                        " the one before; it stops working until you assign it again."
                    ),
                    _(
                        "From the moment you confirm, the old SIP credentials no longer work. A phone with a new person"
                        " cannot call, 911 included, until it has restarted. Calls in progress are not cut off."
                    ),
                    _(
                        "Apps and softphones keep working, before and after. Only a device that was set up by hand"
                        " needs the new SIP credentials."
                    ),
                    _("The E911 address stays with the phone, as the phone stays where it is."),
                ),
                also=_("app communicator softphone effect extension caller id"),
            ),
            Topic(
                "cannot-assign",
                _("Why can a person not be chosen?"),
                (_("The list says the reason beside the name:"),),
                (
                    _(
                        "Basic plan: nobody on Basic can have a desk phone. Change the plan to Plus or Pro on Users."
                    ),
                    _(
                        "Not fully set up: a person with a phone needs first name, last name, email and extension. Fill"
                        " in what is missing on Users."
                    ),
                    _("Deactivated: activate the person on Users first."),
                    _("A phone of a common area belongs to a place and can be given to nobody."),
                ),
                also=_("grey disabled greyed upgrade not selectable"),
            ),
            Topic(
                "assigning-fails",
                _("What if assigning does not work?"),
                (_("Try these in turn:"),),
                (
                    _(
                        "See whether you lost your connection while you confirmed. Confirm again: doing it twice is"
                        " safe."
                    ),
                    _("See whether the person is on Plus or Pro. Basic has no desk phones."),
                    _(
                        "See whether the person is fully set up: first name, last name, email, extension."
                    ),
                    _(
                        "See whether it is the right phone. Phones of one model look alike: compare the MAC address,"
                        " and give each phone a label."
                    ),
                    _("If the phone shows somebody else afterwards, restart it."),
                    _("If nothing helps, chat with support."),
                ),
                in_order=True,
                also=_("error problem trouble fails troubleshooting"),
            ),
            Topic(
                "changed-meanwhile",
                _("Something changed while I was deciding"),
                (
                    _(
                        "Another administrator, or you in another window, changed one of these phones or people after"
                        " you opened the question. What you confirmed was no longer true, so nothing was done."
                    ),
                    _(
                        "You see how it is now. Read it, and decide again. Activity says who changed what."
                    ),
                ),
                also=_("conflict somebody else other tab"),
            ),
            Topic(
                "undo",
                _("How do I undo an assignment?"),
                (
                    _(
                        "Choose Undo in the message after the assignment, or later beside the entry in Activity. You"
                        " see what it changes and confirm it like any other assignment."
                    ),
                    _(
                        "Undo gives the phones back. The SIP credentials do not come back: they change once more."
                        " Restart the phones again."
                    ),
                    _(
                        "Somebody who was deleted, or a phone that was removed, cannot be part of it any more."
                    ),
                ),
                also=_("unassign revert back mistake wrong twice"),
            ),
        ),
    ),
    Section(
        "restarting",
        _("Restart and status"),
        (
            Topic(
                "restart",
                _("How do I restart a phone?"),
                (
                    _(
                        "Choose Restart in the menu ⋯ of its row, or “Needs restart”. A call in progress goes on first."
                        " For a minute or two the phone cannot call, 911 included."
                    ),
                    _(
                        "The answer says what the phone said. If it cannot be asked, unplug it and plug it in again."
                    ),
                ),
                also=_("reboot power cycle unplug off on"),
            ),
            Topic(
                "needs-restart",
                _("What does “Needs restart” mean?"),
                (
                    _(
                        "What the phone was given last is not what it would be given now: another person, or a new"
                        " name, extension, caller ID or password. It takes the change over when it restarts."
                    ),
                    _("The mark goes by itself when the phone is back with its new settings."),
                ),
                also=_("pending change reboot"),
            ),
            Topic(
                "not-restarted",
                _("Why could a phone not be restarted from here?"),
                (
                    _(
                        "Whatever the reason, unplugging the phone and plugging it in again always works."
                    ),
                ),
                (
                    _(
                        "It is not registered: it is switched off, has no network, or has old SIP credentials."
                    ),
                    _(
                        "It did not answer: it may be busy, or behind a network that lets nothing in."
                    ),
                    _("Its model does not restart when asked."),
                    _("It has no line, as it is nobody’s."),
                    _("The SIP registrar cannot be reached just now: try later."),
                ),
                also=_("silent no answer"),
            ),
            Topic(
                "status",
                _("What do the words under Status mean?"),
                (),
                (
                    _(
                        "Registered: the phone, or another device with its person’s line, has signed in for calls."
                    ),
                    _(
                        "Not registered: nothing has. Look whether the phone has power and network, then restart it."
                    ),
                    _("Free: the phone is nobody’s, so line 1 is off."),
                    _(
                        "Not known: the SIP registrar cannot be asked just now. The phone may work all the same."
                    ),
                    _("Needs restart: the phone has not yet taken over a change."),
                ),
                also=_("online offline registrar sip"),
            ),
        ),
    ),
    Section(
        "life-of-a-phone",
        _("Adding, replacing and removing phones"),
        (
            Topic(
                "add-a-phone",
                _("How do I add a phone?"),
                (),
                (
                    _("Open Phones, then Add phones."),
                    _("Enter the MAC address, choose the model, and give it a label if you like."),
                    _("Say whether a person uses it or whether it stands in a common area."),
                    _("Connect it: get its own address here, and enter that on the phone."),
                    _("On User phones, give it to somebody, and add the address where it stands."),
                    _("For many phones at once, ask support: they can bring in a spreadsheet."),
                ),
                in_order=True,
                also=_("new register import csv"),
            ),
            Topic(
                "setup",
                _("How does a phone get its settings from here?"),
                (
                    _(
                        "A phone fetches its settings when it starts, from an address of its own. You enter that"
                        " address once: choose “Connect this phone” in the menu ⋯ and follow the steps for its make."
                    ),
                    _(
                        "The address is good for one hour and for this phone only. If it does not work any more, get"
                        " another one. Keep it to yourself until it is used."
                    ),
                    _(
                        "If the phone does not fetch its settings: check each digit that you entered, see whether the"
                        " phone has network, and whether its model and MAC address here are right. Then restart it."
                    ),
                ),
                also=_("provisioning configuration code keypad onboarding"),
            ),
            Topic(
                "correct",
                _("The model or MAC address is wrong"),
                (
                    _(
                        "Choose “Correct model or MAC” in the menu ⋯. The MAC address can change only while the phone"
                        " never fetched its settings with it. After that another MAC address is another phone: replace"
                        " it."
                    ),
                ),
                also=_("typo mistake edit"),
            ),
            Topic(
                "replace",
                _("A phone is broken: how do I replace it?"),
                (
                    _(
                        "Choose “Replace phone” in the menu ⋯ and enter the new phone. Label, person and E911 address"
                        " pass on to it. The person gets new SIP credentials, and the old phone stops working."
                    ),
                    _(
                        "Then connect the new phone. If it stands in another place, update its E911 address."
                    ),
                ),
                also=_("defective swap exchange new device"),
            ),
            Topic(
                "remove",
                _("What happens when I remove a phone?"),
                (
                    _(
                        "It leaves your list, its person has no desk phone, its E911 address is withdrawn, and it"
                        " cannot call, 911 included. Its past stays in Activity. You can add it again as a new phone."
                    ),
                ),
                also=_("delete dispose sell return"),
            ),
        ),
    ),
    Section(
        "e911-addresses",
        _("E911 addresses"),
        (
            Topic(
                "e911",
                _("Why does every desk phone need its own E911 address?"),
                (
                    _(
                        "911 connects a caller with a dispatcher. E911 also tells the dispatcher from which number and"
                        " which address the call comes, wherever dispatchers there can take it."
                    ),
                    _(
                        "When a desk phone calls 911, its address goes to the dispatcher, together with the number to"
                        " call back. Help comes to that address."
                    ),
                    _(
                        "So it must be the place where the phone stands, at the office or at home, and not only the"
                        " head office. Every phone that a person has needs one, each its own."
                    ),
                    _(
                        "When a phone moves to another place, update its address right away. Changing who has the phone"
                        " does not change where it stands, so the address stays."
                    ),
                ),
                also=_(
                    "emergency ambulance police fire location dispatcher psap remote home office relocate move"
                ),
            ),
            Topic(
                "apps-and-911",
                _("Can apps and softphones call 911?"),
                (
                    _(
                        "Apps on computers and mobile phones have no direct E911: no address goes to the dispatcher."
                        " The same holds for lines that call in one direction only."
                    ),
                    _(
                        "In an emergency call 911 from a desk phone with an address, or from the mobile phone’s own"
                        " dialler, and say where you are. The terms of your phone company say more."
                    ),
                ),
                also=_("emergency mobile ios android mac pc one-way"),
            ),
            Topic(
                "enter-address",
                _("How do I enter or update an E911 address?"),
                (),
                (
                    _("Open Phones, then User phones, and find the phone."),
                    _("Choose “Add address”, or the pen beside the address that is there."),
                    _(
                        "Enter house number and street with direction and suffix, such as 120 N Michigan Ave, then"
                        " city, state and ZIP code. Or paste the whole address, and it is put into the fields for you"
                        " to look at."
                    ),
                    _(
                        "Add what leads to the desk: suite, apartment, building, floor, room. The dispatcher must find"
                        " the person, not only the house."
                    ),
                    _(
                        "Check the address. See how it was understood, and save it. A message says what is in force."
                    ),
                ),
                in_order=True,
                also=_("edit change add set pencil paste confirm"),
            ),
            Topic(
                "what-we-check",
                _("What is checked, and what is not?"),
                (
                    _(
                        "We check that no part is missing, that city, state and ZIP code fit together, and that the"
                        " street looks right. What looks doubtful is a hint: you may keep what you typed."
                    ),
                    _(
                        "A better spelling is offered beside yours with the difference marked. It is never used unless"
                        " you choose it."
                    ),
                    _(
                        "We cannot see whether the dispatcher’s maps have the address. Where an E911 provider is"
                        " connected, it has the last word."
                    ),
                ),
                also=_("validate verify suggestion correction"),
            ),
            Topic(
                "e911-states",
                _("What do pending, accepted and refused mean?"),
                (_("The page claims no more than is known:"),),
                (
                    _(
                        "Form checked: we checked how it is written, and nobody else did. It is in force here."
                    ),
                    _(
                        "Pending: the E911 provider has not answered yet. The address before stays in force until it"
                        " does."
                    ),
                    _("Accepted: the E911 provider took it. It is in force."),
                    _(
                        "Refused: the E911 provider did not take it and says why. The address before stays in force."
                        " Correct it, or choose Retry."
                    ),
                    _(
                        "Withdrawn: the phone was removed or replaced, and the address no longer counts."
                    ),
                    _(
                        "“E911 addresses on record” in the menu ⋯ shows every address the phone ever had, by whom and"
                        " when."
                    ),
                ),
                also=_("waiting status state retry provider history"),
            ),
            Topic(
                "counters",
                _("What do the red numbers count?"),
                (
                    _(
                        "Phones that a person has and that have no E911 address in force. The number stands on Phones,"
                        " on User phones and on the column E911 Address. Choose it to see these phones, and add their"
                        " addresses."
                    ),
                    _(
                        "A pending address counts as missing until it is accepted. With nothing missing there is no"
                        " number."
                    ),
                ),
                also=_("badge notification counter missing"),
            ),
            Topic(
                "where-e911",
                _("In which countries can an E911 address be?"),
                (
                    _(
                        "In the United States of America with its territories, and in Canada. E911 does not exist"
                        " elsewhere, so other addresses are refused."
                    ),
                    _("Choose the country first: the states and provinces follow it."),
                ),
                also=_("abroad foreign mexico territory puerto rico province"),
            ),
            Topic(
                "address-refused",
                _("An address cannot be stored"),
                (
                    _(
                        "The message says which part is wrong. What you typed stays, and the address before stays in"
                        " force. Try these in turn:"
                    ),
                ),
                (
                    _(
                        "If the message says that the provider cannot be reached, try a few more times."
                    ),
                    _("See whether a direction belongs to the street: North, SW, Ouest."),
                    _("See whether the suffix is right: Street, Boulevard, Place, Court."),
                    _("See whether suite, apartment or floor is right, and in its own field."),
                    _("Ask a colleague at that place whether it is the present address."),
                    _("If nothing helps, chat with support."),
                ),
                in_order=True,
                also=_("error invalid rejected problem saving"),
            ),
            Topic(
                "address-parts",
                _("What does an E911 address need?"),
                (
                    _(
                        "One house number on one street, a city, a state or province, and a ZIP or postal code. A"
                        " crossing of two streets is not enough: choose the house whose door the phone is behind."
                    ),
                    _(
                        "A word such as Suite needs its number behind it. Enter the unit in its own field."
                    ),
                ),
                also=_("house number street missing intersection corner unit suite apartment"),
            ),
            Topic(
                "direction-and-suffix",
                _("Directions and suffixes of streets"),
                (
                    _(
                        "100 Main Street North and 100 Main Street South can be miles apart, and Oak Street and Oak"
                        " Court as well. Enter direction and suffix as they are on the street’s sign."
                    ),
                    _("A few streets have no suffix, such as Broadway. Then keep what you typed."),
                ),
                also=_("north south east west avenue boulevard place spelling"),
            ),
            Topic(
                "zip-codes",
                _("City, state and ZIP code do not fit"),
                (
                    _(
                        "A ZIP code has five digits, or nine; a Canadian postal code has letters and digits in turn,"
                        " such as K1A 0B1. It must lie in the state or province that you chose."
                    ),
                    _(
                        "The post office may call the city differently from the people who live there. That is only a"
                        " hint. A colleague at that place, or a letter sent there, tells you the right code."
                    ),
                ),
                also=_("postal code postcode mismatch city state province"),
            ),
            Topic(
                "mail-addresses",
                _("Why is a PO box or a mail route refused?"),
                (
                    _(
                        "Nobody can be sent to a post-office box, a rural route, general delivery or a military post"
                        " office: they say where mail goes. Enter the house number and the road where the phone stands."
                    ),
                ),
                also=_("po box rr apo fpo dpo rural route"),
            ),
            Topic(
                "address-text",
                _("The address could not be read"),
                (
                    _(
                        "Enter one address and nothing else: no names of people, no telephone numbers, no second"
                        " address. Write it in Latin letters, and shorten what is too long."
                    ),
                ),
                also=_("paste characters letters too long lines"),
            ),
        ),
    ),
    Section(
        "people",
        _("Users and plans"),
        (
            Topic(
                "plans",
                _("Which plans can have a desk phone?"),
                (
                    _(
                        "Plus and Pro. Basic has no line and no SIP credentials, so nobody on Basic can have a desk"
                        " phone. Change the plan on Users, under Options. Somebody who moves up from Basic can get a"
                        " phone at once."
                    ),
                ),
                also=_("upgrade license subscription"),
            ),
            Topic(
                "downgrade",
                _("Why can somebody not go to Basic, or lose a name or an extension?"),
                (
                    _(
                        "Because they have a desk phone, and it needs Plus or Pro, first name, last name, email and"
                        " extension. Unassign the phone first; the message names it and leads there. Then change the"
                        " plan or the person."
                    ),
                ),
                also=_("downgrade change plan basic"),
            ),
            Topic(
                "edit-people",
                _("Adding and editing people"),
                (
                    _(
                        "Choose “Add user”, or Options and “Edit user”, on Users. Give a first name, last name, email"
                        " and extension: without one of them a person cannot have a desk phone. A new name, extension"
                        " or caller ID reaches the desk phone when it restarts."
                    ),
                ),
                (
                    _(
                        "An extension has 1 to 10 digits and is one person’s. 911, 933 and 112 are emergency numbers."
                    ),
                    _(
                        "The outbound caller ID is what others see when this person calls, and what the 911 dispatcher"
                        " calls back. Write it with + and country code, such as +1 415 555 0100."
                    ),
                    _(
                        "Names and labels are one line of visible characters. Type what you pasted anew if it is"
                        " refused."
                    ),
                ),
                also=_(
                    "create new user duplicate email name invalid required field too long number"
                ),
            ),
            Topic(
                "email-addresses",
                _("Email addresses"),
                (
                    _(
                        "Write the whole address, such as ann@example.com. It is one person’s. If it is in use and you"
                        " do not find it on Users, chat with support. An administrator signs in with it and cannot be"
                        " without."
                    ),
                ),
                also=_("mail duplicate in use invalid"),
            ),
            Topic(
                "leaving",
                _("Why can a user not be deactivated or deleted?"),
                (),
                (
                    _("They have a desk phone: unassign it first."),
                    _("They are the last administrator: make somebody else one first."),
                ),
                also=_("remove employee leaves administrator last"),
            ),
            Topic(
                "invitations",
                _("Why did an invitation not arrive?"),
                (
                    _(
                        "Only an administrator who has no password yet is invited. Look into the spam folder, see"
                        " whether the email address on Users is right, and send it again. The link is good for seven"
                        " days."
                    ),
                    _(
                        "So that nobody is flooded with mail, only a few invitations an hour and a day go to one"
                        " address or from one company. If yours was not sent, the person is saved all the same: send"
                        " the invitation later, from the person’s Options on Users."
                    ),
                ),
                also=_("invite mail administrator"),
            ),
            Topic(
                "sip-credentials",
                _("What are SIP credentials?"),
                (
                    _(
                        "With them a device signs in to a person’s line: domain, username, authentication name and"
                        " password. Desk phones fetch theirs by themselves. You need them only for a softphone or a"
                        " device that is set up by hand: Users, Options, “Show SIP credentials”. Each look at the"
                        " password is put on record."
                    ),
                    _(
                        "They change whenever the person gets or loses a desk phone, and when you ask for it. The old"
                        " ones stop working at once."
                    ),
                    _(
                        "A softphone that signs in with them takes the line away from the desk phone: calls then ring"
                        " there. Basic has no line, so there are none."
                    ),
                    _(
                        "If the password cannot be shown, the key to it is missing in this system. Chat with support,"
                        " or change the credentials and restart the desk phone."
                    ),
                ),
                also=_("password username softphone register secret"),
            ),
        ),
    ),
    Section(
        "signing-in",
        _("Signing in"),
        (
            Topic(
                "sign-in",
                _("I cannot sign in"),
                (
                    _(
                        "Look at the spelling of your email address and password. If you forgot the password, ask for a"
                        " link to choose a new one; it comes by email. Nothing tells whether an email address is known"
                        " here, so if no mail comes, ask an administrator of your company which address you have."
                    ),
                    _(
                        "The link is good for an hour, that of an invitation for seven days, and each only once. If it"
                        " no longer works, ask for a new one."
                    ),
                    _(
                        "Only administrators of a company come in. Ask one of yours to make you one on Users."
                    ),
                ),
                also=_("login password forgot reset locked out wrong email"),
            ),
            Topic(
                "passwords",
                _("Why is a password refused?"),
                (
                    _(
                        "A new password has at least 12 characters, is not a common one, and is not your name or email"
                        " address. Enter the same twice. Several words in a row are easy to keep in mind."
                    ),
                    _("If your present password is refused, ask for a link to choose a new one."),
                ),
                also=_("current old new choose change"),
            ),
            Topic(
                "too-many-tries",
                _("Too many tries"),
                (
                    _(
                        "After several wrong passwords or codes in a row you have to wait, usually five minutes. That"
                        " keeps guessers out. A link to choose a new password lets this browser in at once."
                    ),
                ),
                also=_("throttle blocked limit wait 429"),
            ),
            Topic(
                "second-factor",
                _("What is a second factor?"),
                (
                    _(
                        "Something besides your password that only you have: a passkey on your device, or an app that"
                        " shows a code of six digits. Your company may ask for one. Set it up under Password and"
                        " security, in your personal menu."
                    ),
                    _(
                        "If a code is refused: wait for the next one, and see whether the clock of your mobile phone is"
                        " right. If a passkey is refused: use the device on which you made it, and this site’s own"
                        " address."
                    ),
                    _(
                        "Keep your recovery codes in a safe place; each lets you in once. If you lost everything,"
                        " another administrator can reset your second factor on Users. Your own you change under"
                        " Security, where the last one cannot go while your company asks for one."
                    ),
                ),
                also=_("2fa mfa totp passkey authenticator code recovery lost phone key"),
            ),
            Topic(
                "sessions",
                _("Why was I signed out?"),
                (
                    _(
                        "You are signed out after four hours without use, and after seven days in any case. A new"
                        " password or second factor ends your other sessions."
                    ),
                    _(
                        "Password and security, in your personal menu, shows where you are signed in and which"
                        " browsers you have used. Forget any browser there that you don’t recognize."
                    ),
                ),
                also=_("session expired timeout log out browser device forget"),
            ),
            Topic(
                "still-you",
                _("Why am I asked for my password or a code again?"),
                (
                    _(
                        "Because what you’re about to do decides who can sign in: changing an email"
                        " address, making someone an administrator or taking that away, removing second"
                        " factors, changing the company’s sign-in rule. Someone at your unlocked"
                        " computer can’t do these things without you."
                    ),
                    _(
                        "What you typed is kept. After the right answer you won’t be asked again for"
                        " five minutes. If you have a second factor, it’s asked for instead of your"
                        " password."
                    ),
                ),
                also=_("confirm prove again password code passkey sensitive"),
            ),
            Topic(
                "sign-in-blocked",
                _("Someone’s sign-in is blocked"),
                (
                    _(
                        "When an email address on Users changes, the old address gets a mail with a"
                        " link. Whoever reads it can block that person’s sign-in, because the change"
                        " may have been an attack. The phone works as before, 911 included."
                    ),
                    _(
                        "The link works for 30 days. Once the block has been lifted, links from before"
                        " can’t block again. You can’t lift your own block."
                    ),
                    _("To let the person in again:"),
                ),
                (
                    _("Ask them, on a number that you know, what their email address is."),
                    _("If another one is on Users, change it first: Options, “Edit user”."),
                    _(
                        "Choose Options, “Let them sign in again”. They get a mail with a link to"
                        " choose a new password, and set up a second factor anew."
                    ),
                    _("If nobody else in your company is an administrator, ask support to do it."),
                ),
                in_order=True,
                also=_("locked out block lift unblock email changed attack stolen link"),
            ),
            Topic(
                "not-allowed",
                _("I may not see or do something"),
                (
                    _(
                        "These pages are for administrators of a company, each for their own. A page that was open for"
                        " long may be too old to use: load it again. This site also needs cookies."
                    ),
                ),
                also=_("forbidden 403 permission cookies csrf"),
            ),
        ),
    ),
    Section(
        "everything-else",
        _("Everything else"),
        (
            Topic(
                "activity",
                _("Who changed what?"),
                (
                    _(
                        "Activity shows every change in your company, newest first: who, when, what it was before and"
                        " after. Search it by phone, person and date, or open it from the menu of a phone or a person."
                        " What support changed is in there too, with the reason."
                    ),
                ),
                also=_("history log audit record support"),
            ),
            Topic(
                "connection",
                _("No answer, or something went wrong"),
                (
                    _(
                        "Without a connection the page stays as it is. Check your network and try again. Doing"
                        " something twice is safe: what is already done is not done again."
                    ),
                    _(
                        "If the server says that something went wrong, nothing was changed. Try again in a moment. If"
                        " it stays so, tell support the number on the error page."
                    ),
                ),
                also=_("offline network internet error 500 503 timeout server slow"),
            ),
            Topic(
                "not-found",
                _("Something is no longer there"),
                (
                    _(
                        "A phone or a person may have been removed since you opened the page. Load it again, and look"
                        " into Activity. If you came by a link, its address may be incomplete: start from the"
                        " navigation."
                    ),
                ),
                also=_("404 400 missing link bookmark address gone"),
            ),
            Topic(
                "keyboard",
                _("Keyboard shortcuts"),
                (_("Everything works by keyboard. These keys save time:"),),
                (
                    _("/ goes to the search of the page."),
                    _("? lists these keys."),
                    _("Esc closes a dialog, a menu or a list, and changes nothing."),
                    _(
                        "In Assigned to: type to search, ↓ and ↑ move, Home and End jump, Enter chooses."
                    ),
                    _("In a menu: ↓ and ↑ move, Enter chooses."),
                    _(
                        "Preferences, in your personal menu, turn / and ? off for those who dictate."
                    ),
                ),
                also=_("keys hotkey accessibility screen reader"),
            ),
            Topic(
                "language",
                _("In which language are these pages?"),
                (
                    _(
                        "In the one that you choose in your personal menu, English or Español. Until then, in the"
                        " first of your browser’s languages that is there. Help and your mail come in the same"
                        " language."
                    ),
                ),
                also=_("español spanish english translation"),
            ),
            Topic(
                "limits",
                _("What this system does not do"),
                (
                    _(
                        "It connects the phones of your company with each other. Calls to the outside and from there,"
                        " 911 included, are carried by your phone company. Here you say which phone is whose and where"
                        " it stands."
                    ),
                ),
                also=_("outside calls carrier route pstn trunk 911"),
            ),
        ),
    ),
    Section(
        "chat",
        _("Support"),
        (
            Topic(
                SUPPORT,
                _("Chat with support"),
                (
                    _(
                        "Your phone company helps where Help does not. Have at hand what you wanted to do, what the"
                        " page said, the MAC address of the phone, and the number on the error page if there was one."
                    ),
                ),
                also=_("contact call hours telephone human agent español spanish"),
            ),
        ),
    ),
)
TOPICS: dict[str, Topic] = {topic.anchor: topic for section in SECTIONS for topic in section.topics}
