"""The words of street names, in English and French: directions, and kinds of street.

Words are written as `places.normalize_name` makes them.
"""

from __future__ import annotations

from e911.addresses.places import normalize_name, split_words

# Every spelling of a direction, with the direction.
DIRECTIONS = {
    spelling: direction
    for direction, spellings in {
        "N": "n|no|north|nord",
        "S": "s|so|south|sud",
        "E": "e|east|est",
        "W": "w|west|ouest|o",
        "NE": "ne|northeast|north east|nord est|n e",
        "NW": "nw|northwest|north west|nord ouest|n w|n o",
        "SE": "se|southeast|south east|sud est|s e",
        "SW": "sw|southwest|south west|sud ouest|s w|s o",
    }.items()
    for spelling in spellings.split("|")
}
LONG_DIRECTIONS = split_words(
    "north south east west northeast northwest southeast southwest nord ouest"
)

# Kinds of street in use everywhere: what a misspelt one is most likely meant to be.
COMMON_KINDS = split_words(
    "alley avenue boulevard bridge causeway center circle close common court cove crescent"
    " crossing drive "
    "expressway freeway gardens gate grove heights highway hill landing lane loop mews parkway pass"
    " path pike "
    "place plaza point ridge road row run square street terrace trace trail turnpike view walk way"
    " ave blvd cir "
    "crt cres ct dr expy hwy ln pkwy pl rd sq st ter trl"
)
# Canadian, Spanish and newer ones, which the list of the US post office lacks.
MORE_KINDS = split_words(
    "close cl gate gt heath hth link lnk mount mews rise bay private pvt wynd crest manor"
    " concession conc "
    "sideroad sdrd line townline tline trail chase green common villas parade quay way walk hwy"
    " gardens gdns "
    "calle avenida paseo camino chalan via vereda"
)
# Kinds of street with which no city's name ends, and of these the ones that only a wrong city ends
# with.
NEVER_CITIES = split_words(
    "street st avenue ave road rd boulevard blvd drive dr lane ln court ct circle cir parkway pkwy"
    " highway hwy "
    "terrace ter trail trl way place pl plaza route"
)
LONG_KINDS = split_words("street avenue road boulevard drive lane highway")
# Words that make a street of the number or letter behind them: "County Road 12", "Avenue B".
NUMBERED = split_words(
    "highway hwy hgwy route rte rt county road rd state us interstate i ih cr sr fm rm rr pr"
    " business loop spur "
    "avenue ave concession conc line sideroad township twp range rge autoroute calle carr carretera"
    " street st fs "
    "forest service old"
)
# Of these, the ones that always take the number behind them, and roads that do by their first word:
# "Concession Rd 3".
NUMBER_FOLLOWS = split_words(
    "concession conc line sideroad sdrd highway hwy route rte township twp range rge"
)
NUMBERED_ROADS = NUMBER_FOLLOWS | {"county", "regional", "state", "municipal", "side"}
# Streets that are called nothing but this.
BARE_NAMES = split_words(
    "broadway bowery embarcadero esplanade strand mainway kingsway queensway parkway boardwalk"
    " mall fenway "
    "riverway promenade rialto midway speedway alameda crosstown lakeshore southway northway"
    " eastway westway "
    "danforth"
)

# Kinds of street in French, which stand before the name.
FRENCH_KINDS = split_words(
    "allee all autoroute aut avenue av ave boulevard boul bd blvd bld carre chemin ch chem cercle"
    " cote cour cours "
    "croissant croiss crois domaine esplanade impasse imp jardins mail montee mtee parc passage"
    " place pl "
    "promenade prom quai rang rg rond-point route rte rue r ruelle sentier sent square sq terrasse"
    " tsse traverse "
    "voie"
)
# English kinds that end a name, and so give away that "Place", "Avenue" or "Route" before it is
# part of it.
ENGLISH_KINDS = split_words(
    "road rd street st str drive dr lane ln crescent cres court crt ct way trail trl parkway pkwy"
    " highway hwy "
    "circle cir terrace terr close gate gardens gdns grove heights hts hill row line walk mews blvd"
    " avenue ave "
    "place square"
)


def is_number_part_of_street(word: str, names: list[str]) -> bool:
    """Tell whether a number behind this word belongs to the street and is no unit; `names` is its
    name so far.
    """
    last = normalize_name(word)
    return not word.endswith(",") and (
        last in NUMBER_FOLLOWS
        or (last in ("rd", "road") and not NUMBERED_ROADS.isdisjoint(map(normalize_name, names)))
    )
