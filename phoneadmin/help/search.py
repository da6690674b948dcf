"""Answer questions with Help's topics: PostgreSQL stems the words and finds the nearest spelling.

Topics are files, and there are few. So each process keeps a language's words in memory once the
first search has stemmed them. Nothing is stored in the database, so no role needs rights there.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from functools import cache

from django.db import connection
from django.utils.html import strip_tags

from phoneadmin.help.markdown import fold, render, split_words
from phoneadmin.help.topics import Topic, topics_in

# PostgreSQL's own Snowball dictionaries, which know each language's stop words as well.
DICTIONARIES = {"en": "pg_catalog.english_stem", "es": "pg_catalog.spanish_stem"}
IN_TITLE, IN_ASKS, IN_ALSO, IN_TEXT = 3.0, 3.0, 2.0, 1.0
LIKENESS = 12.0  # the score of a question that is exactly one of a topic's `asks`
LEAST_LIKENESS = 0.3  # of two spellings of a word; pg_trgm's own default
LEAST_SHARE = 0.45  # of the best topic's score; lower topics aren't shown
MOST = 10


@dataclass(frozen=True)
class Found:
    """What a question found: topics, the best first, and the words to mark in them (folded).

    `asked` tells whether the question has a word that tells topics apart: “how do I” has none.
    """

    topics: tuple[Topic, ...] = ()
    words: frozenset[str] = frozenset()
    asked: bool = False


@dataclass(frozen=True)
class Index:
    """The words of all topics in one language."""

    stems: dict[str, str]  # of each word; stop words are left out
    weights: dict[str, dict[str, float]]  # of each stem, by the anchors of the topics that have it
    asks: tuple[tuple[str, str], ...]  # an anchor, and one of its questions, folded
    topics: int

    def weigh_stem(self, stem: str) -> float:
        """Return how well a stem tells topics apart: the fewer have it, the better."""
        return math.log(1 + self.topics / len(self.weights[stem]))

    def words_of(self, stems: Collection[str]) -> frozenset[str]:
        """Return all words that have one of these stems."""
        return frozenset(word for word, stem in self.stems.items() if stem in stems)


def search(question: str, language: str) -> Found:
    """Return the topics that answer a question, put in the person's own words."""
    index = index_of(language)
    stems = _stem(set(split_words(question)), language)
    meant = _find_known(index, stems)
    if not meant:
        return Found(asked=bool(stems))
    scores: dict[str, float] = defaultdict(float)
    for stem in sorted(meant):  # in one order, so that a tie always ends the same way
        for anchor, weight in index.weights[stem].items():
            scores[anchor] += weight * index.weigh_stem(stem)
    asks = [one for one in index.asks if one[0] in scores]
    for anchor, likeness in _compare_with_asks(question, asks):
        scores[anchor] += LIKENESS * likeness
    best = max(scores.values())
    order = sorted(scores, key=lambda anchor: -scores[anchor])
    shown = [anchor for anchor in order if scores[anchor] >= LEAST_SHARE * best][:MOST]
    topics = topics_in(language)
    return Found(tuple(topics[anchor] for anchor in shown), index.words_of(meant), asked=True)


@cache
def index_of(language: str) -> Index:
    """Return the index of a language, built at the process's first search in it."""
    topics = topics_in(language).values()
    texts = [text for topic in topics for text, _weight in _texts(topic)]
    stems = _stem(set(split_words(" ".join(texts))), language)
    weights: dict[str, dict[str, float]] = defaultdict(dict)
    for topic in topics:
        for text, weight in _texts(topic):
            for stem in {stems[word] for word in split_words(text) if word in stems}:
                weights[stem][topic.anchor] = max(weight, weights[stem].get(topic.anchor, 0))
    asks = tuple(
        (topic.anchor, fold(ask)) for topic in topics for ask in (topic.title, *topic.asks)
    )
    return Index(stems, dict(weights), asks, topics=len(topics))


def _texts(topic: Topic) -> Iterable[tuple[str, float]]:
    yield topic.title, IN_TITLE
    yield from ((ask, IN_ASKS) for ask in topic.asks)
    yield topic.also, IN_ALSO
    yield strip_tags(render(topic.markdown)), IN_TEXT  # without the targets of links


def _stem(words: Collection[str], language: str) -> dict[str, str]:
    """Return the stem of each word that isn't a stop word."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT word, (ts_lexize(%s::regdictionary, word))[1] FROM unnest(%s::text[]) AS word",
            [DICTIONARIES[language], list(words)],
        )
        return {word: stem for word, stem in cursor.fetchall() if stem}


def _find_known(index: Index, stems: dict[str, str]) -> set[str]:
    """Return the topics' stems that words mean: the same, one they begin, or the most similar."""
    meant, unknown = set(), []
    for word, stem in stems.items():
        if stem in index.weights:
            meant.add(stem)
        elif begun := _find_begun(index, word):
            meant |= begun
        elif len(word) > 3:
            unknown.append(word)
    if unknown:
        meant |= {index.stems[known] for known in _find_alike(unknown, index.stems)}
    return meant


def _find_begun(index: Index, word: str) -> set[str]:
    if len(word) < 3:
        return set()
    return {stem for known, stem in index.stems.items() if known.startswith(word)}


def _find_alike(words: list[str], known: Iterable[str]) -> list[str]:
    """Return the most similar known word for each misspelled word that has one."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT DISTINCT ON (word) known
            FROM unnest(%s::text[]) AS word, unnest(%s::text[]) AS known
            WHERE similarity(word, known) > %s
            ORDER BY word, similarity(word, known) DESC, known
            """,
            [words, list(known), LEAST_LIKENESS],
        )
        return [row[0] for row in cursor.fetchall()]


def _compare_with_asks(question: str, asks: list[tuple[str, str]]) -> list[tuple[str, float]]:
    """Return each anchor with the likeness of this question to the most similar of its asks."""
    anchors, texts = zip(*asks, strict=True)
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT anchor, max(similarity(ask, %s))
            FROM unnest(%s::text[], %s::text[]) AS asks (anchor, ask) GROUP BY anchor
            """,
            [fold(question), list(anchors), list(texts)],
        )
        return cursor.fetchall()
