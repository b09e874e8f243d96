"""Finds the people spoken of in a sentence and how many they are; who helped whom is judged elsewhere."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache, cached_property

from knowledge.log_outcome import phrases
from knowledge.log_places import begins_place
from knowledge.numbers import Number, number_at
from knowledge.phrases import Hit, PhraseTable, Token, WordList, load_words
from knowledge.vietnamese import fold

# Without marks these are mostly other words (có, chỉ, đi, mà, mở, vì…): they are people only behind a number or a verb.
_UNSAFE = frozenset(
    [
        "co",
        "chi",
        "di",
        "ma",
        "mo",
        "vi",
        "cu",
        "ban",
        "gia",
        "noi",
        "ngoai",
        "dua",
        "be",
        "on",
        "cau",
        "thay",
        "a",
        "c",
        "e",
        "o",
        "chu",
        "cha",
        "me",
        "bo",
        "nha",
        "bay",
        "vo",
        "nam",
        "nu",
        "duong",
    ]
)
_ROUNDING = frozenset(["trên", "dưới", "gần", "độ", "hơn", "chừng", "quãng", "ngót", "chắc", "cỡ", "tầm"])
_SAID_OF_PHONES = frozenset(["qua", "khong", "ko", "yeu", "hong", "nen", "bi", "chua", "rich", ",", "."])
_TEAM_LIKE = frozenset(["nhóm", "tốp"])
_OWNER_REACH = 5
"""Tokens between a house and its number of persons: "gia đình anh Toàn (4 người)"."""
_MOST_CHILDREN = 10
"""Names of birth order end with the tenth child."""
_NEVER_BARE = frozenset(["di", "ma", "mo", "vi", "noi", "ngoai", "gia", "ban", "dua", "thay"])
_NEVER_ALONE = frozenset(["vi", "noi", "ngoai", "gia", "ban", "dua"])
"""These are no people by themselves even with their marks: "già", "bạn"."""
_RELATIONS = frozenset(
    ["con", "chau", "vo", "chong", "me", "bo", "con gai", "con trai", "con dau", "con re", "chau noi", "chau ngoai"]
)
"""Behind a name they say whose somebody is."""
_NUMBERED_THINGS = ("lớp", "khoá", "mức", "quý", "bước")
"""A number behind these counts nobody."""
_PARENTS = ("bố", "mẹ", "má", "mạ", "cha", "con", "vợ", "chồng")


class PeopleWords(WordList):
    """The lists of `words/help_people.yaml`: words for those helped, and for those who went to help."""

    kin: tuple[str, ...]
    counted: tuple[str, ...]
    households: tuple[str, ...]
    generic: tuple[str, ...]
    vague_amounts: tuple[str, ...]
    groups: tuple[str, ...]
    pairs: tuple[str, ...]
    own_family: tuple[str, ...]
    pair_heads: tuple[str, ...]
    couples: tuple[str, ...]
    whole_house: tuple[str, ...]
    pronouns: tuple[str, ...]
    speakers: tuple[str, ...]
    helper_units: tuple[str, ...]
    teams: tuple[str, ...]
    owners: tuple[str, ...]
    family: tuple[str, ...]
    companions: tuple[str, ...]
    came_along: tuple[str, ...]
    consisting: tuple[str, ...]
    addressed: tuple[str, ...]
    joiners: tuple[str, ...]
    parts: tuple[str, ...]
    totals: tuple[str, ...]
    names: tuple[str, ...]
    titles: tuple[str, ...]
    offices: tuple[str, ...]
    of_offices: tuple[str, ...]
    of_team: tuple[str, ...]
    given: tuple[str, ...]
    loose_ends: tuple[str, ...]
    not_people: tuple[str, ...]

    @cached_property
    def family_nouns(self) -> frozenset[str]:
        """The folded words for somebody's relatives: "chồng", "con gái"."""
        return frozenset(fold(noun) for noun in self.family)


@dataclass(frozen=True, slots=True)
class Mention:
    """People at tokens `start` up to `end`; `count` is None when no exact number is told."""

    start: int
    end: int
    count: int | None
    kind: str  # kin, counted, household, generic, helpers
    noun: str
    numbered: bool
    name: str = ""
    owned: bool = False


@cache
def people_words() -> PeopleWords:
    """Return the lists of words for people, read once."""
    return load_words(PeopleWords, "help_people")


@dataclass(frozen=True)
class _Tables:
    nouns: PhraseTable[str]
    generic: PhraseTable[str]
    vague: PhraseTable[str]
    pairs: PhraseTable[str]
    pair_heads: PhraseTable[str]
    whole_house: PhraseTable[str]
    helpers: PhraseTable[str]
    titles: PhraseTable[str]
    offices: PhraseTable[str]
    of_offices: PhraseTable[str]
    not_people: PhraseTable[str]
    loose_ends: PhraseTable[str]


@cache
def _tables() -> _Tables:
    words = people_words()
    nouns = [(noun, "household") for noun in words.households]
    nouns += [(noun, "counted") for noun in words.counted]
    nouns += [(noun, "kin") for noun in (*words.kin, *words.family)]
    return _Tables(
        nouns=PhraseTable(nouns),
        generic=PhraseTable(
            ((phrase, phrase) for phrase in words.generic), exact=True
        ),  # "mỗi người" is no "mọi người"
        vague=_plain_table(_with_figures((*words.vague_amounts, *words.groups))),
        pairs=_plain_table(words.pairs),
        pair_heads=_plain_table(words.pair_heads),
        whole_house=_plain_table(words.whole_house),
        helpers=_plain_table(words.helper_units),
        titles=_plain_table(words.titles),
        offices=_plain_table(words.offices),
        of_offices=_plain_table(words.of_offices),
        not_people=_plain_table(words.not_people),
        loose_ends=_plain_table(words.loose_ends),
    )


def _with_figures(phrases: Sequence[str]) -> list[str]:
    """Return the phrases, those with "một" also with "1": "1 số bác"."""
    return [*phrases, *("1" + phrase[3:] for phrase in phrases if phrase.startswith("một "))]


def _plain_table(phrases: Sequence[str]) -> PhraseTable[str]:
    return PhraseTable((phrase, phrase) for phrase in phrases)


def find_mentions(tokens: Sequence[Token], taken: frozenset[int], handed: frozenset[int]) -> list[Mention]:
    """Return the people in `tokens`; `taken` tokens mean something else, behind `handed` ones stand those helped."""
    mentions: list[Mention] = []
    taken = taken | frozenset(at for hit in _tables().not_people.find(tokens) for at in range(hit.start, hit.end))
    position = 0
    while position < len(tokens):
        mention = None
        if position not in taken:
            mention = (
                _whole_house(tokens, position)
                or _pair(tokens, position, taken)
                or _several(tokens, position, taken, handed)
                or _counted_otherwise(tokens, position, taken, handed)
                or _single(tokens, position, taken, handed)
            )
        if mention is None:
            position += 1
            continue
        if mentions and _is_relation(tokens, mentions[-1], mention):
            mentions[-1] = replace(mentions[-1], end=mention.end)
        else:
            mentions.append(mention)
        position = mention.end
    return mentions


def _is_relation(tokens: Sequence[Token], mention: Mention, behind: Mention) -> bool:
    """Tell whether only whose child or wife somebody is follows: "cháu Minh con anh Hải"."""
    if not (mention.name and behind.name) or behind.numbered or tokens[behind.start].plain:
        return False
    if mention.end == behind.start:
        return behind.noun in _RELATIONS
    return mention.end + 1 == behind.start and tokens[mention.end].fold in _RELATIONS


def _whole_house(tokens: Sequence[Token], start: int) -> Mention | None:
    """Read "cả nhà 4 người", "gia đình anh Toàn (4 người)" and "một gia đình 5 người" as so many persons."""
    one = number_at(tokens, start)
    led = one.length if one is not None and one.value == 1 else 0
    hit = _tables().whole_house.at(tokens, start + led) if start + led < len(tokens) else None
    owned = hit is not None and _noun_at(tokens, hit.end) is not None
    if hit is None or (hit.value == "hộ" and tokens[hit.start].plain and not owned):  # "ho tro" without marks
        return None
    if begins_place(tokens, hit.start, longer_than=hit.end - hit.start):
        return None  # "nhà văn hoá, có 6 bà con"
    if hit.value == "hộ" and not led and number_at(tokens, hit.end) is not None:
        return None  # "khai hộ 3 công dân" is done for them
    for at in range(hit.end, min(hit.end + _OWNER_REACH, len(tokens))):
        number = number_at(tokens, at)
        unit = _noun_at(tokens, at + number.length) if number is not None else None
        if number is not None and unit is not None and unit[0] == "counted":
            return Mention(start, unit[1], number.value, "counted", "nguoi", numbered=True)
        if tokens[at].is_break and tokens[at].raw not in {"(", ","}:
            return None
    return None


def _pair(tokens: Sequence[Token], start: int, taken: frozenset[int]) -> Mention | None:
    """Read "hai vợ chồng bác Sáu", "2 cặp vợ chồng" and "ba mẹ con chị Hoa"."""
    tables = _tables()
    number = number_at(tokens, start)
    noun_start = start + number.length if number else start
    some = tables.vague.at(tokens, start)
    if some is not None and some.end < len(tokens) and not tokens[start].plain:
        group = tables.pairs.at(tokens, some.end)  # "mấy mẹ con chị Thu"
        if group is not None:
            return Mention(start, _owner_end(tokens, group.end, taken), None, "kin", group.value, numbered=True)
    head = tables.pair_heads.at(tokens, noun_start) if noun_start < len(tokens) else None
    if number is not None and head is not None:
        couples = None if number.value is None else number.value * 2
        return Mention(start, head.end, couples, "kin", head.value, numbered=True)
    hit = tables.pairs.at(tokens, noun_start) if noun_start < len(tokens) else None
    if hit is not None and tokens[hit.end - 1].is_capital and not tokens[noun_start].is_capital:
        return None  # "bac Chau" without marks: bác Châu
    parents = tables.pairs.at(tokens, start)
    if parents is not None and number is not None and _is_three(tokens, parents, taken):
        return None
    if parents is not None and (hit is None or parents.end > hit.end):  # "ba má chồng" is no three of anything
        hit, number = parents, None
    if hit is None:
        return None
    end = _owner_end(tokens, hit.end, taken)
    return Mention(start, end, number.value if number else 2, "kin", hit.value, numbered=True)


def _is_three(tokens: Sequence[Token], parents: Hit[str], taken: frozenset[int]) -> bool:
    """Tell whether "ba me" without marks and without an owner are three mệ rather than somebody's parents."""
    two = parents.end - parents.start == 2 and tokens[parents.start].fold == "ba" and tokens[parents.start].plain
    return two and not _owned(tokens, parents.end) and not _is_name(tokens[_owner_end(tokens, parents.end, taken) - 1])


def _owner_end(tokens: Sequence[Token], at: int, taken: frozenset[int]) -> int:
    """Return where the one whose relatives they are ends: "vợ chồng anh Tài", "con gái nhà Thảo"."""
    if at < len(tokens) and tokens[at].means(("nhà", "của")):
        at += 1
    owner = _noun_at(tokens, at)
    if owner is not None and owner[0] == "kin" and at not in taken:
        return _name_end(tokens, owner[1], taken)
    return _name_end(tokens, at, taken)


def _several(tokens: Sequence[Token], start: int, taken: frozenset[int], handed: frozenset[int]) -> Mention | None:
    """Read "3 bà", "mười hai hộ", "khoảng 10 người" and "mấy bác"."""
    tables = _tables()
    vague = tables.vague.at(tokens, start)
    if vague is not None and vague.value in _TEAM_LIKE and vague.end < len(tokens) and tokens[vague.end].is_number:
        vague = None  # "nhóm 4 người chúng tôi"
    if vague is not None and tokens[start].plain and vague.end - start == 1:
        vague = _vague_without_marks(tokens, vague, handed)
    if vague is not None and vague.value == "trên" and start > 0 and tokens[start - 1].is_number:
        return _several(tokens, vague.end, taken, handed)  # "3 trên 5 bác"
    number_start = vague.end if vague else start
    if start > 0 and tokens[start].is_number and tokens[start - 1].means(_NUMBERED_THINGS):
        return None  # "5 em lop 12 o trung tam"
    number = (_either(tokens, number_start) or number_at(tokens, number_start)) if number_start < len(tokens) else None
    if number is not None and number.value is None and tokens[number_start].fold == "muoi":
        more = number_at(tokens, number_start + number.length)
        number = Number(None, number.length + more.length) if more else number  # "mươi mười lăm người"
    if number is not None and number.value is not None and vague is not None and vague.value in people_words().groups:
        vague = None  # "một nhóm 12 phụ nữ" are counted
    if number is not None and number.length > 1 and _is_called_by_number(tokens, number_start):
        number = None  # "ba Nam" without marks: bà Năm
    noun_start = number_start + (number.length if number else 0)
    if not vague and number is None:
        return None
    if number is not None and not vague and _is_no_number(tokens, start, noun_start, taken):
        return None
    if vague is not None and vague.value in _ROUNDING and number is None:
        return None  # "tren duong" without marks: trên đường
    noun = _noun_at(tokens, noun_start) or (_slipped_noun_at(tokens, noun_start) if number else None)
    if noun is not None and tokens[noun_start].plain and tokens[noun_start].fold in {"nam", "nu"} and not vague:
        noun = noun if tokens[number_start].is_number else None  # "ba nam" without marks: bà Năm rather than 3 men
    if (
        number is not None
        and number.length > 1
        and tokens[noun_start - 1].fold == "ba"
        and tokens[noun_start - 1].plain
    ):
        shorter = number_at(tokens, number_start, noun_start - 1)
        if noun is None and shorter is not None:  # "hai ba cai vneid" without marks: hai bà
            number, noun, noun_start = shorter, ("kin", noun_start), noun_start - 1
    if vague and noun is None and tokens[number_start : number_start + 1] and tokens[number_start].plain:
        number, noun_start = None, number_start  # "may ba" without marks: mấy bà
        noun = _noun_at(tokens, noun_start)
    helpers = tables.helpers.at(tokens, noun_start) if noun_start < len(tokens) else None
    team = start > 0 and tokens[start - 1].means(people_words().teams)
    if team and start > 1 and (start - 2 in handed or tokens[start - 2].means(("một", "1"))):
        team = False  # "giúp một nhóm 12 phụ nữ"
    never = tokens[noun_start].fold in _NEVER_BARE - {"dua", "ban", "thay"} if noun is not None else False
    if vague and noun is not None and tokens[noun_start].plain and never:
        return None  # "nhung ma" without marks: nhưng mà
    if helpers is not None and number is not None and (helpers.end - noun_start > 1 or start - 1 not in handed):
        return Mention(start, helpers.end, number.value, "helpers", "", numbered=True)
    group = noun is None and vague is not None and vague.end - vague.start > 1 and number is None
    called = vague is not None and vague.end < len(tokens) and tokens[vague.end].is_capital
    handed_to = start - 1 in handed or tokens[start].fold == "ca"
    if group and vague is not None and vague.value in people_words().groups and not called and handed_to:
        return Mention(start, vague.end, None, "counted", "nguoi", numbered=True)  # "giúp cả lớp", "giúp đông lắm"
    if noun is None or noun_start in taken:
        return None
    if vague is not None and tokens[start].fold == "tung" and vague.end - start > 1:
        return None  # "vào từng nhà chỉ 6 hộ"
    kind, noun_end = noun
    if vague is not None and vague.value in _TEAM_LIKE and tokens[noun_start].means(people_words().speakers):
        return None  # "nhóm em"
    alone = _noun_at(tokens, start)
    if (
        number is not None
        and alone is not None
        and alone[1] == noun_end
        and _spelled(tokens, start, noun_end) in (people_words().family_nouns)
    ):
        return None  # "ba ngoai" without marks: bà ngoại
    if team and kind == "counted":
        return Mention(start, noun_end, number.value if number else None, "helpers", "", numbered=True)
    inexact = noun_end < len(tokens) and _tables().loose_ends.at(tokens, noun_end) is not None
    count = None if vague or inexact or number is None else number.value
    head_end = noun_end
    also = _noun_at(tokens, noun_end) if kind == "kin" else None
    if also is not None and also[0] == "counted" and number is not None and noun_end not in taken:
        noun_end = also[1]  # "3 chị tiểu thương"
    end = _name_end(tokens, noun_end, taken) if kind == "kin" and _noun_at(tokens, noun_end + 1) is None else noun_end
    if kind == "kin" and end == noun_end and end < len(tokens) and tokens[end].means(("nhà",)):
        end = max(end, _owner_end(tokens, end, taken))  # "ba anh em nhà ông Quỳ"
    if count is None and number is None and end < len(tokens) and tokens[end].raw == ":":
        listed = _names_listed(tokens, end + 1)
        if listed is not None:
            end, count = listed
    spelled = tokens[head_end - 1].fold
    return Mention(start, end, count, kind, spelled, numbered=True)


def _names_listed(tokens: Sequence[Token], start: int) -> tuple[int, int] | None:
    """Return where a list of bare names ends and how many they are: "các bà: Lan, Huệ và Cúc"."""
    at, names = start, 0
    while at < len(tokens) and _is_name(tokens[at]):
        while at < len(tokens) and _is_name(tokens[at]):
            at += 1
        names += 1
        if at >= len(tokens) or not (tokens[at].raw == "," or tokens[at].means(people_words().joiners)):
            break
        at += 1
    end = at - 1 if names and at <= len(tokens) and not _is_name(tokens[at - 1]) else at
    return (end, names) if names > 1 else None


def _is_no_number(tokens: Sequence[Token], start: int, noun_start: int, taken: frozenset[int]) -> bool:
    """Tell whether a bare word is no number: "ba" in "ba Dan" is bà, "bay" behind a place is bày."""
    if not tokens[start].plain or tokens[start].is_number or noun_start >= len(tokens):
        return False
    if tokens[start].fold == "ba" and noun_start == start + 1:
        return tokens[noun_start].is_capital and not tokens[start].is_capital
    if tokens[start].fold != "bay":
        return False
    noun = _noun_at(tokens, noun_start)
    opens = start == 0 or tokens[start - 1].is_break or tokens[start - 1].means(people_words().speakers)
    # "bay ba Hoe", "e bay me Gai": bày; who counts seven of them writes a digit
    return start - 1 in taken or (noun is not None and noun[0] == "kin" and opens)


def _either(tokens: Sequence[Token], start: int) -> Number | None:
    """Read "5 hay 6", "3 4" and "5, 6" as some number between."""
    first = number_at(tokens, start)
    if first is None or first.value is None or start + first.length >= len(tokens):
        return None
    at = start + first.length
    said = tokens[at].means(("hay", "hoặc", "tới", "đến"))
    second = number_at(tokens, at + (said or tokens[at].raw == ","))
    if second is None or second.value is None:
        return None
    digits = tokens[start].is_number and tokens[at + (tokens[at].raw == ",")].is_number
    next_to = digits and second.value == first.value + 1
    if not (next_to or (said and first.value < second.value <= first.value * 2)):
        return None
    return Number(None, at + (said or tokens[at].raw == ",") + second.length - start)


def _vague_without_marks(tokens: Sequence[Token], vague: Hit[str], handed: frozenset[int]) -> Hit[str] | None:
    """Drop what is mostly another word without marks: "co 6 nguoi" has no "cỡ", "tam nguoi" are eight."""
    if _is_old_phone(tokens, vague.start):
        return None
    if tokens[vague.start].fold == "dong" and vague.end < len(tokens) and tokens[vague.end].fold == "chi":
        return None  # đồng chí
    if tokens[vague.start].fold in {"co", "do"}:
        return vague if vague.end < len(tokens) and tokens[vague.end].fold == "chuc" else None
    if tokens[vague.start].fold == "nhung":  # mostly nhưng
        return vague if vague.start - 1 in handed and number_at(tokens, vague.end) is None else None
    followed = vague.end < len(tokens) and number_at(tokens, vague.end) is not None
    return vague if followed or tokens[vague.start].fold != "tam" else None


def _is_old_phone(tokens: Sequence[Token], at: int) -> bool:
    """Tell whether "may cu" without marks is máy cũ rather than mấy cụ: "may cu qua", "may cu khong co mang"."""
    spelled = [token.fold for token in tokens[at : at + 3]]
    return spelled[:2] == ["may", "cu"] and (len(spelled) < 3 or spelled[2] in _SAID_OF_PHONES)


def _is_called_by_number(tokens: Sequence[Token], at: int) -> bool:
    """Tell whether a number word with a capital behind a small one is a name."""
    return not tokens[at].is_capital and tokens[at + 1].is_capital


def _counted_otherwise(
    tokens: Sequence[Token], start: int, taken: frozenset[int], handed: frozenset[int]
) -> Mention | None:
    """Read people by a word that no list has: behind "giúp" or "cho", "30 <anything>" are people unless it is known."""
    number = number_at(tokens, start)
    if number is None or not tokens[start].is_number or start == 0:
        return None
    at = start + number.length
    if tokens[start - 1].means(("xong", "được", "còn")) and (at >= len(tokens) or tokens[at].is_break):
        return Mention(start, at, number.value, "counted", "nguoi", numbered=True)  # "6 người đến, xong 5"
    closed = at + 1 >= len(tokens) or tokens[at + 1].is_break
    if tokens[start - 1].is_break and at < len(tokens) and tokens[at].means(("xong", "được", "chưa", "ok")) and closed:
        return Mention(start, at, number.value, "counted", "nguoi", numbered=True)  # "nộp hồ sơ: 3 xong, 3 chưa"
    labelled = tokens[start - 1].raw == ":" or (
        tokens[start - 1].raw in {",", ";"} and _counts_topics(tokens, start, taken)
    )
    if labelled and at < len(tokens) and at in taken:
        return Mention(start, at, number.value, "counted", "nguoi", numbered=True)  # "thôn Phú: 5 VNeID"
    if start - 1 not in handed:
        return None
    if at >= len(tokens) or at in taken or not tokens[at].raw.isalpha() or phrases("act").at(tokens, at):
        return None
    if phrases("within").at(tokens, at):
        return None  # "giúp 3 trên 7 hộ"
    return Mention(start, at + 1, number.value, "counted", tokens[at].fold, numbered=True)


def _counts_topics(tokens: Sequence[Token], end: int, taken: frozenset[int]) -> bool:
    """Tell whether a list in front of token `end` counts by topic: "thôn Trung: 5 VNeID, 2 dịch vụ công"."""
    colon = next((at for at in range(end) if tokens[at].raw == ":"), None)
    return colon is not None and tokens[colon + 1].is_number and colon + 2 in taken


def _single(tokens: Sequence[Token], start: int, taken: frozenset[int], handed: frozenset[int]) -> Mention | None:
    generic = _tables().generic.at(tokens, start)
    if generic is not None and generic.value == "người" and generic.end < len(tokens) and _is_name(tokens[generic.end]):
        return None  # "19 bà con người Dao"
    if generic is not None and (generic.end - generic.start > 1 or not tokens[start].plain):
        return Mention(start, generic.end, None, "generic", generic.value, numbered=False)
    if start - 1 in handed and not tokens[start].plain and tokens[start].means(people_words().pronouns):
        return Mention(start, start + 1, 1, "kin", tokens[start].fold, numbered=False)
    office = _tables().offices.at(tokens, start) if start - 1 in handed else None
    if office is not None:
        end = _office_end(tokens, office.end, taken)
        return Mention(start, end, 1, "kin", fold(office.value), numbered=False, name=_spelled(tokens, start, end))
    noun = _noun_at(tokens, start)
    if noun is None or noun[0] != "kin":
        return None
    end = noun[1]
    if end == start + 1 and tokens[start].means(_PARENTS):
        owner_end = _relatives_end(tokens, end, taken)
        if owner_end > end and _is_name(tokens[owner_end - 1]):  # "bố cháu Tuyết"
            name = _spelled(tokens, end, owner_end)
            return Mention(start, owner_end, 1, "kin", tokens[start].fold, numbered=False, name=name)
    if end - start > 1 and tokens[end - 1].is_capital and not tokens[start].is_capital:
        end = start + 1  # "chi Dau" without marks is no chị dâu
    last = tokens[end - 1]
    named_end = _name_end(tokens, end, taken)
    small = (
        last.fold not in _NEVER_ALONE and not last.means(people_words().owners) and _is_small_name(tokens, end, taken)
    )
    if named_end == end and (small or _is_called_by_digit(tokens, end, taken)):
        named_end = end + 1
    named = named_end > end
    if named and named_end not in taken:
        named_end = _role_end(tokens, named_end)
    offered = start - 1 in handed or (start > 0 and tokens[start - 1].means(("của",)))
    loose = end - start == 1 and (
        last.fold in _UNSAFE and (last.plain or last.fold in _NEVER_ALONE or len(last.raw) == 1)
    )
    housed = start > 0 and tokens[start - 1].fold == "nha" and named  # "nha o Man" without marks
    offered = offered or housed
    listed = start == 0 or (tokens[start - 1].raw == "," and tokens[start - 1].plain)
    listed = listed and named and named_end < len(tokens) and tokens[named_end].raw == ","
    offered = offered or listed  # "o Thin, o Men, chu Duoc"
    if loose and last.fold == "o" and last.plain and (not offered or begins_place(tokens, end)):
        return None  # "o thon 5", "o Han Quoc" without marks: ở
    capital = end < len(tokens) and tokens[end].is_capital and end not in taken
    follows = start > 0 and (tokens[start - 1].raw == "," or tokens[start - 1].means(people_words().joiners))
    told = (
        last.fold in {"di", "thay", "mo"} and named and (offered or follows) and tokens[end].means(people_words().names)
    )  # "giup co hanh, di sau"
    if (
        loose
        and not capital
        and not (named and not last.plain)
        and (not offered or last.fold in _NEVER_BARE)
        and not told
    ):
        return None
    if last.plain and last.fold == "duong" and start > 0 and tokens[start - 1].is_number:
        return None  # "nha so 12 duong Tran Phu" without marks: đường
    if last.fold == "ba" and not last.plain and last.canon == "ba" and not _owned(tokens, end):
        return None  # "ba" alone is three or a father; only "ba tôi" is surely a person
    name = " ".join(token.fold for token in tokens[end:named_end]) if named else ""
    spelled = _spelled(tokens, start, end)
    couple = next((listed for listed in people_words().couples if fold(listed) == spelled), None)
    if couple is not None:  # "ông bà Thìn" are two, "cô chú trong xóm" any number
        return Mention(start, named_end, 2 if named else None, "kin", couple, numbered=True)
    owned = _owned(tokens, end)
    if spelled in people_words().family_nouns and not named:
        named_end = end + 1 if owned else _relatives_end(tokens, end, taken)
        name = _spelled(tokens, end, named_end)
    return Mention(
        start,
        named_end,
        1,
        "kin",
        spelled if spelled in people_words().family_nouns else last.fold,
        numbered=False,
        name=name,
        owned=owned,
    )


def _role_end(tokens: Sequence[Token], at: int) -> int:
    """Return where an office behind a name ends: "anh Khải kế toán hợp tác xã"."""
    office = _tables().offices.at(tokens, at) if at < len(tokens) else None
    if office is None:
        return at
    unit = _tables().of_offices.at(tokens, office.end) if office.end < len(tokens) else None
    return unit.end if unit else office.end


def _office_end(tokens: Sequence[Token], at: int, taken: frozenset[int]) -> int:
    """Return where an office ends with whose it is or who holds it: "kế toán hợp tác xã", "bí thư Hùng"."""
    unit = _tables().of_offices.at(tokens, at) if at < len(tokens) else None
    return _name_end(tokens, unit.end if unit else at, taken)


def is_of_pair(mention: Mention, mentions: Sequence[Mention]) -> bool:
    """Tell whether one of two told before is spoken of: "vợ chồng ông Định, ông được bà không được"."""
    pairs = (*people_words().pairs, *people_words().couples)
    return (
        mention.kind == "kin"
        and not (mention.name or mention.numbered)
        and any(other.noun in pairs and other.end <= mention.start for other in mentions)
    )


def _relatives_end(tokens: Sequence[Token], at: int, taken: frozenset[int]) -> int:
    """Return where "chồng cô Bảy" or "bà nội của em Thu" ends; the owner of a relative is not helped for that."""
    if at + 1 < len(tokens) and tokens[at].means(("của",)):
        end = _owner_end(tokens, at, taken)
        return end if end > at + 1 and _is_name(tokens[end - 1]) else at
    owner = _noun_at(tokens, at)
    if owner is None or owner[0] != "kin" or at in taken:
        return at
    end = _name_end(tokens, owner[1], taken)
    end += end == owner[1] and _is_small_name(tokens, end, taken)
    return end if end > owner[1] or not tokens[at].plain else at


def _titled_end(tokens: Sequence[Token], at: int) -> int:
    """Return where a title behind a noun ends: "bác trưởng thôn"."""
    hit = _tables().titles.at(tokens, at) if at < len(tokens) else None
    return hit.end if hit else at


def _is_called_by_digit(tokens: Sequence[Token], at: int, taken: frozenset[int]) -> bool:
    """Tell whether a digit is a name of birth order: "bác 3", but not the number in "bác 3 hồ sơ"."""
    if (
        at >= len(tokens)
        or at in taken
        or not tokens[at].raw.isdecimal()
        or tokens[at].raw[0] == "0"
        or int(tokens[at].raw[:3]) > _MOST_CHILDREN
    ):
        return False
    return _noun_at(tokens, at + 1) is None


def _spelled(tokens: Sequence[Token], start: int, end: int) -> str:
    return " ".join(token.fold for token in tokens[start:end])


def _owned(tokens: Sequence[Token], at: int) -> bool:
    return at < len(tokens) and tokens[at].means(people_words().owners)


def _is_verb_bay(tokens: Sequence[Token], at: int) -> bool:
    """Tell whether "bay" without marks is bày rather than Bảy: "em bay cho 3 ba"."""
    if not tokens[at].plain or tokens[at].fold != "bay" or at + 1 >= len(tokens):
        return False
    speaks = tokens[at - 1].means(people_words().speakers)
    return speaks and (
        tokens[at + 1].fold in {"cho", "cach"} or tokens[at + 1].is_number or _noun_at(tokens, at + 1) is not None
    )


def _slipped_noun_at(tokens: Sequence[Token], at: int) -> tuple[str, int] | None:
    """Find a noun typed without its marks in a text that has some: "hỗ trợ 4 chi"."""
    if at == 0 or at >= len(tokens) or not tokens[at - 1].is_number or not tokens[at].raw.isascii():
        return None
    word = replace(tokens[at], plain=True)
    noun = _noun_at([word], 0) if len(word.raw) > 1 and word.fold not in _NEVER_BARE else None
    return (noun[0], at + 1) if noun is not None and noun[0] == "kin" else None


def _noun_at(tokens: Sequence[Token], at: int) -> tuple[str, int] | None:
    hit = _tables().nouns.at(tokens, at) if at < len(tokens) else None
    if hit is None or not tokens[at].plain:
        return (hit.value, hit.end) if hit else None
    named = hit.end < len(tokens) and tokens[hit.end].is_capital
    if hit.end == at + 1 and tokens[at].fold == "thang" and not named:
        return None  # without marks tháng rather than thằng
    if hit.end > at + 1 and tokens[at].fold == "chi" and named:
        return None  # "chi chu Duc" without marks: chỉ
    return hit.value, hit.end


def _name_end(tokens: Sequence[Token], at: int, taken: frozenset[int]) -> int:
    """Return where the name behind a noun ends: capital words, or one of the names of birth order."""
    end = at = _titled_end(tokens, at)
    while end < len(tokens) and end - at < 3 and end not in taken and _is_name(tokens[end]):
        end += 1
    if end == at and at < len(tokens) and at not in taken and tokens[at].means(people_words().names):
        madam = tokens[at].plain and tokens[at].fold == "ba" and at + 1 < len(tokens) and _is_name(tokens[at + 1])
        return at if madam or _is_verb_bay(tokens, at) else at + 1  # "co ba Lan" without marks: có bà Lan
    return end


def _is_name(token: Token) -> bool:
    """Tell whether a word is written like a name, and not like "OTP"."""
    return token.is_capital and not (len(token.raw) > 1 and token.raw.isupper())


def _is_small_name(tokens: Sequence[Token], at: int, taken: frozenset[int]) -> bool:
    """Tell whether a word in small letters behind a noun is a given name: "giup bac dong cai vneid"."""
    if at >= len(tokens) or at in taken or not tokens[at].means(people_words().given):
        return False
    if _noun_at(tokens, at) is not None and _is_small_name(tokens, at + 1, taken):
        return False  # "bac anh tuan"
    if not any(table.at(tokens, at) for table in _verbs()):
        return True
    # "giup chi nhan tien" is about receiving, "giup chi nhan cai vneid" about Nhàn.
    following = at + 1
    return following < len(tokens) and (
        tokens[following].is_break
        or tokens[following].means(people_words().joiners)
        or any(phrases(name).at(tokens, following) for name in ("give", "act"))
    )


@cache
def _verbs() -> tuple[PhraseTable[str], ...]:
    return tuple(phrases(name) for name in ("give", "act", "skills", "past", "negation", "done", "planned"))
