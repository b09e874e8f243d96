"""Finds the people spoken of in a sentence and how many they are; who helped whom is judged elsewhere."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from knowledge.log_outcome import phrases
from knowledge.log_person_names import (
    NEVER_BARE,
    is_called_by_digit,
    is_name,
    is_owned,
    is_small_name,
    name_end,
    names_listed,
    noun_at,
    office_end,
    owner_end,
    relatives_end,
    role_end,
    slipped_noun_at,
    spelled_out,
)
from knowledge.log_person_words import people_tables, people_words
from knowledge.log_places import begins_place
from knowledge.numbers import Number, number_at
from knowledge.phrases import Hit, Token
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
_NEVER_ALONE = frozenset(["vi", "noi", "ngoai", "gia", "ban", "dua"])
"""These are no people by themselves even with their marks: "già", "bạn"."""
_RELATIONS = frozenset(
    ["con", "chau", "vo", "chong", "me", "bo", "con gai", "con trai", "con dau", "con re", "chau noi", "chau ngoai"]
)
"""Behind a name they say whose somebody is."""
_NUMBERED_THINGS = ("lớp", "khoá", "mức", "quý", "bước")
"""A number behind these counts nobody."""
_PARENTS = ("bố", "mẹ", "má", "mạ", "cha", "con", "vợ", "chồng")


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


def find_mentions(tokens: Sequence[Token], taken: frozenset[int], handed: frozenset[int]) -> list[Mention]:
    """Return the people in `tokens`; `taken` tokens mean something else, behind `handed` ones stand those helped."""
    mentions: list[Mention] = []
    taken = taken | frozenset(at for hit in people_tables().not_people.find(tokens) for at in range(hit.start, hit.end))
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
        if _is_named_small_again(tokens, mentions, mention):
            mention = replace(mention, end=mention.start + 1, name="")
        if mentions and _is_relation(tokens, mentions[-1], mention):
            mentions[-1] = replace(mentions[-1], end=mention.end)
        else:
            mentions.append(mention)
        position = mention.end
    return mentions


def _is_named_small_again(tokens: Sequence[Token], earlier: Sequence[Mention], mention: Mention) -> bool:
    """Tell whether a small word behind somebody told before by name is none: "tra tien ho ba Ty, ba tu lam duoc"."""
    word = tokens[mention.end - 1]
    listed = bool(earlier) and earlier[-1].end >= mention.start - 1  # "giup ba Lan, ba tu"
    return (
        word.plain
        and not listed
        and bool(mention.name)
        and mention.end == mention.start + 2
        and not word.is_capital
        and any(other.noun == mention.noun and other.name and tokens[other.end - 1].is_capital for other in earlier)
    )


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
    hit = people_tables().whole_house.at(tokens, start + led) if start + led < len(tokens) else None
    owned = hit is not None and noun_at(tokens, hit.end) is not None
    if hit is None or (hit.value == "hộ" and tokens[hit.start].plain and not owned):  # "ho tro" without marks
        return None
    if begins_place(tokens, hit.start, longer_than=hit.end - hit.start):
        return None  # "nhà văn hoá, có 6 bà con"
    if hit.value == "hộ" and not led and number_at(tokens, hit.end) is not None:
        return None  # "khai hộ 3 công dân" is done for them
    for at in range(hit.end, min(hit.end + _OWNER_REACH, len(tokens))):
        number = number_at(tokens, at)
        unit = noun_at(tokens, at + number.length) if number is not None else None
        if number is not None and unit is not None and unit[0] == "counted":
            return Mention(start, unit[1], number.value, "counted", "nguoi", numbered=True)
        if tokens[at].is_break and tokens[at].raw not in {"(", ","}:
            return None
    return None


def _pair(tokens: Sequence[Token], start: int, taken: frozenset[int]) -> Mention | None:
    """Read "hai vợ chồng bác Sáu", "2 cặp vợ chồng" and "ba mẹ con chị Hoa"."""
    tables = people_tables()
    number = number_at(tokens, start)
    noun_start = start + number.length if number else start
    some = tables.vague.at(tokens, start)
    if some is not None and some.end < len(tokens) and not tokens[start].plain:
        group = tables.pairs.at(tokens, some.end)  # "mấy mẹ con chị Thu"
        if group is not None:
            return Mention(start, owner_end(tokens, group.end, taken), None, "kin", group.value, numbered=True)
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
    end = owner_end(tokens, hit.end, taken)
    return Mention(start, end, number.value if number else 2, "kin", hit.value, numbered=True)


def _is_three(tokens: Sequence[Token], parents: Hit[str], taken: frozenset[int]) -> bool:
    """Tell whether "ba me" without marks and without an owner are three mệ rather than somebody's parents."""
    two = parents.end - parents.start == 2 and tokens[parents.start].fold == "ba" and tokens[parents.start].plain
    return two and not is_owned(tokens, parents.end) and not is_name(tokens[owner_end(tokens, parents.end, taken) - 1])


def _several(tokens: Sequence[Token], start: int, taken: frozenset[int], handed: frozenset[int]) -> Mention | None:
    """Read "3 bà", "mười hai hộ", "khoảng 10 người" and "mấy bác"."""
    tables = people_tables()
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
    noun = noun_at(tokens, noun_start) or (slipped_noun_at(tokens, noun_start) if number else None)
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
        noun = noun_at(tokens, noun_start)
    helpers = tables.helpers.at(tokens, noun_start) if noun_start < len(tokens) else None
    team = start > 0 and tokens[start - 1].means(people_words().teams)
    if team and start > 1 and (start - 2 in handed or tokens[start - 2].means(("một", "1"))):
        team = False  # "giúp một nhóm 12 phụ nữ"
    never = tokens[noun_start].fold in NEVER_BARE - {"dua", "ban", "thay"} if noun is not None else False
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
    alone = noun_at(tokens, start)
    if (
        number is not None
        and alone is not None
        and alone[1] == noun_end
        and spelled_out(tokens, start, noun_end) in (people_words().family_nouns)
    ):
        return None  # "ba ngoai" without marks: bà ngoại
    if team and kind == "counted":
        return Mention(start, noun_end, number.value if number else None, "helpers", "", numbered=True)
    inexact = noun_end < len(tokens) and people_tables().loose_ends.at(tokens, noun_end) is not None
    count = None if vague or inexact or number is None else number.value
    head_end = noun_end
    also = noun_at(tokens, noun_end) if kind == "kin" else None
    if also is not None and also[0] == "counted" and number is not None and noun_end not in taken:
        noun_end = also[1]  # "3 chị tiểu thương"
    end = name_end(tokens, noun_end, taken) if kind == "kin" and noun_at(tokens, noun_end + 1) is None else noun_end
    if kind == "kin" and end == noun_end and end < len(tokens) and tokens[end].means(("nhà",)):
        end = max(end, owner_end(tokens, end, taken))  # "ba anh em nhà ông Quỳ"
    if count is None and number is None and end < len(tokens) and tokens[end].raw == ":":
        listed = names_listed(tokens, end + 1)
        if listed is not None:
            end, count = listed
    spelled = tokens[head_end - 1].fold
    return Mention(start, end, count, kind, spelled, numbered=True)


def _is_no_number(tokens: Sequence[Token], start: int, noun_start: int, taken: frozenset[int]) -> bool:
    """Tell whether a bare word is no number: "ba" in "ba Dan" is bà, "bay" behind a place is bày."""
    if not tokens[start].plain or tokens[start].is_number or noun_start >= len(tokens):
        return False
    if tokens[start].fold == "ba" and noun_start == start + 1:
        return tokens[noun_start].is_capital and not tokens[start].is_capital
    if tokens[start].fold != "bay":
        return False
    noun = noun_at(tokens, noun_start)
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
    generic = people_tables().generic.at(tokens, start)
    if generic is not None and generic.value == "người" and generic.end < len(tokens) and is_name(tokens[generic.end]):
        return None  # "19 bà con người Dao"
    if generic is not None and (generic.end - generic.start > 1 or not tokens[start].plain):
        return Mention(start, generic.end, None, "generic", generic.value, numbered=False)
    if start - 1 in handed and not tokens[start].plain and tokens[start].means(people_words().pronouns):
        return Mention(start, start + 1, 1, "kin", tokens[start].fold, numbered=False)
    office = people_tables().offices.at(tokens, start) if start - 1 in handed else None
    if office is not None:
        end = office_end(tokens, office.end, taken)
        return Mention(start, end, 1, "kin", fold(office.value), numbered=False, name=spelled_out(tokens, start, end))
    noun = noun_at(tokens, start)
    if noun is None or noun[0] != "kin":
        return None
    end = noun[1]
    if end == start + 1 and tokens[start].means(_PARENTS):
        owner_end = relatives_end(tokens, end, taken)
        if owner_end > end and is_name(tokens[owner_end - 1]):  # "bố cháu Tuyết"
            name = spelled_out(tokens, end, owner_end)
            return Mention(start, owner_end, 1, "kin", tokens[start].fold, numbered=False, name=name)
    if end - start > 1 and tokens[end - 1].is_capital and not tokens[start].is_capital:
        end = start + 1  # "chi Dau" without marks is no chị dâu
    last = tokens[end - 1]
    named_end = name_end(tokens, end, taken)
    small = (
        last.fold not in _NEVER_ALONE and not last.means(people_words().owners) and is_small_name(tokens, end, taken)
    )
    if named_end == end and (small or is_called_by_digit(tokens, end, taken)):
        named_end = end + 1
    named = named_end > end
    if named and named_end not in taken:
        named_end = role_end(tokens, named_end)
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
        and (not offered or last.fold in NEVER_BARE)
        and not told
    ):
        return None
    if last.plain and last.fold == "duong" and start > 0 and tokens[start - 1].is_number:
        return None  # "nha so 12 duong Tran Phu" without marks: đường
    if last.fold == "ba" and not last.plain and last.canon == "ba" and not is_owned(tokens, end):
        return None  # "ba" alone is three or a father; only "ba tôi" is surely a person
    name = " ".join(token.fold for token in tokens[end:named_end]) if named else ""
    spelled = spelled_out(tokens, start, end)
    couple = next((listed for listed in people_words().couples if fold(listed) == spelled), None)
    if couple is not None:  # "ông bà Thìn" are two, "cô chú trong xóm" any number
        return Mention(start, named_end, 2 if named else None, "kin", couple, numbered=True)
    owned = is_owned(tokens, end)
    if spelled in people_words().family_nouns and not named:
        named_end = end + 1 if owned else relatives_end(tokens, end, taken)
        name = spelled_out(tokens, end, named_end)
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


def is_of_pair(mention: Mention, mentions: Sequence[Mention]) -> bool:
    """Tell whether one of two told before is spoken of: "vợ chồng ông Định, ông được bà không được"."""
    pairs = (*people_words().pairs, *people_words().couples)
    return (
        mention.kind == "kin"
        and not (mention.name or mention.numbered)
        and any(other.noun in pairs and other.end <= mention.start for other in mentions)
    )
