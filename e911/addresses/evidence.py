"""Words that say what a run of words is: a street, a company, a house with a name, a measure.

The lists are evidence, never a gate: with the companies' words removed, the reader asks more often
and still accepts no other house.
"""

from __future__ import annotations

from e911.addresses.places import split_words

# Street types with which hardly any company's or building's name ends.
SURE_TYPES = split_words(
    "street st str avenue ave av road rd boulevard blvd boul drive dr lane ln circle cir parkway"
    " pkwy pky highway hwy terrace ter terr trail trl way wy turnpike tpke pike expressway expy"
    " freeway fwy causeway cswy crescent cres court ct crt close place pl alley aly loop bypass byp"
    " run row crossing xing cove cv trace trce path mews crossroad crossroads xrd xrds xrs beltway"
    " sideroad sdrd townline line concession conc broadway route rte gate sq"
)
# After these a street has ended, so that what follows is a building or a shopping mall.
ENDING_TYPES = split_words(
    "street avenue ave road rd boulevard blvd drive lane ln highway hwy parkway pkwy"
)
# Behind a type these say that the name goes on: "Avenue of the Americas".
NAME_GOES_ON = split_words("of the de du des del la las los and at")
# In Spanish the type comes first. The short ones are words of other names outside Puerto Rico.
SPANISH_TYPES = split_words(
    "calle c avenida ave avda paseo camino carretera carr marginal via boulevard blvd"
)
LONG_SPANISH_TYPES = split_words("calle avenida paseo camino via")
# A street that begins with one of these needs no type at its end.
FIRST_WORDS = split_words("avenue alameda camino via paseo rancho boulevard rue")
# The name of a company, a club or a house ends with these.
COMPANY_ENDINGS = split_words(
    "inc llc llp lp ltd corp corporation company co gmbh plc pc group holdings partners associates"
    " sons bros brothers hotel inn suites motel resort store stores shop deli cafe coffee bakery"
    " bagels pizza grill diner restaurant bbq bar pub tavern brewing brewery bank clinic dental"
    " dentistry hospital pharmacy church school academy institute library museum theatre theater"
    " studio studios salon spa gym fitness yoga club services service supply supplies systems"
    " solutions software media logistics motors auto tire tires cleaners laundry movers realty"
    " rentals insurance legal law kennels pools roofing plumbing electric masonry only training"
    " support communications office offices apartments condominiums lodge legion carpenters annex"
    " depot warehouse outlet foods farms gallery games books records"
)
# A number behind one of these belongs to it: "Gate 4", "Store 1187", "Mile 52".
NUMBER_TAKERS = split_words(
    "mile milepost mm km exit gate terminal warehouse hangar dock pier post store branch plant"
    " section chapter local lodge ward district troop engine ladder vfw ps lot space slip door desk"
    " cubicle stall bay room suite ste unit apt floor level building bldg tower no num number box"
    " ext extension dept area studio office school station stop platform track hwy highway route"
    " rte fm"
)
MEASURES = split_words(
    "hour hours hr hrs h day days minute minutes week weeks year years percent cents dollars mile"
    " miles block blocks feet ft km reviews photos stars ratings results items"
)
# A name that ends with one of these names a building, so that it helps to find the door.
BUILDING_ENDINGS = split_words(
    "building bldg tower towers plaza center centre hall house apartments condominiums pavilion"
    " complex mall campus wing block terminal arcade gardens lofts residences terraces manor court"
    " edificio"
)
# A word between two streets or two houses, which no street's name has.
CONNECTIVES = split_words("by or from for")

CARDINALS = split_words(
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen"
    " sixteen seventeen eighteen nineteen twenty thirty forty fifty sixty seventy eighty ninety"
)
