"""Handles which rules are in force for an area, and how they are kept: who hands in, to whom, what needs confirming."""

from __future__ import annotations

from datetime import date

from db import areas, reminders
from db.reminders import Adopted
from handlers.assistance import handling as logging
from handlers.message import Button, Incoming, Reply, Rows
from handlers.questions import handling as questions
from handlers.reminders.items import coordinates, find_adopted, rule_of_plan, rules_by_name
from handlers.reminders.items import number as number_of
from handlers.reminders.planning import LAST_STEP_USEFUL, steps_before
from handlers.rendering import render
from handlers.turn import Turn, is_clear_question
from knowledge.answering import Outcome
from knowledge.deadlines import Rule, plan_rule, upcoming

STATE = "addressee"
_SHOWN_PROPOSALS = 6
_LABEL = 60
_LONGEST_ADDRESSEE = 150
_UNIT_KINDS = {"team": "Tổ", "village": "Thôn, khu phố", "office": "Cơ quan"}
"""What the button of each kind of unit is called."""
_FLIPS = ("confirm", "one")


def proposals(turn: Turn, area: areas.AreaInfo) -> list[Rule]:
    """Return the rules that an area could adopt: its own plan's, else those of every plan that reach the teams."""
    taken = {adopted.rule for adopted in reminders.adopted(turn.db, [area.id])}
    plans = turn.answerer.knowledge.plans
    own = [plans[area.plan]] if area.plan is not None and area.plan in plans else list(plans.values())
    found = [
        rule
        for plan in own
        for deadline in plan.deadlines
        if deadline.for_teams and (rule := plan_rule(plan, deadline)) is not None and rule.id not in taken
    ]
    return found[:_SHOWN_PROPOSALS]


def label(rule: Rule) -> str:
    """Return what a plan's rule is called on a button."""
    basis = rule.basis
    return rule.what if basis is None else f"{basis.deadline.when} ({basis.plan.document.place})"


def action(area: areas.AreaInfo, rule: Rule) -> str:
    """Return the action of the button that adopts a plan's rule."""
    return f"due.adopt:{area.id}:{rule.id}"


def adopt(turn: Turn, arguments: str) -> list[Reply]:
    """Put a plan's rule in force: `area:rule`; then ask to whom it goes today where its addressee may be gone."""
    written, _, name = arguments.partition(":")
    area = next((area for area in turn.coordinated_areas() if area.id == number_of(written)), None)
    rule = rule_of_plan(turn, name)
    if area is None or rule is None:
        return [Reply(render("reminders/not_allowed"))]
    reminders.adopt(turn.db, area.id, rule.id, person_id=turn.person.id, now=turn.now)
    adopted = reminders.adopted_as(turn.db, area.id, rule.id)
    if adopted is None:
        raise LookupError("a rule that has just been adopted is in force")
    units = reminders.units(turn.db, [area.id]).get((area.id, adopted.unit_kind), [])
    text = render(
        "reminders/adopted",
        area=area,
        rule=rule,
        units=units,
        kind=adopted.unit_kind,
        steps=steps_before(rule.rhythm, turn.rules),
    )
    done = Reply(text, ((Button("Hạn báo cáo", "due.list"), Button("Sửa hạn", f"due.rule:{adopted.id}")),))
    if adopted.addressee is None and _may_be_gone(rule, turn.today):
        return [done, _ask_addressee(turn, adopted, rule)]
    return [done]


def _may_be_gone(rule: Rule, today: date) -> bool:
    """Tell whether the body that a plan names may not exist any more.

    The record says so where it names today's; where it does not, the plan's time is over and nobody has checked since.
    """
    basis = rule.basis
    return basis is not None and (basis.deadline.to_today is not None or today > basis.plan.document.period_end)


def show_rules(turn: Turn, arguments: str) -> list[Reply]:
    """Show the rules in force for an area, each with a button; without an area those of all the person coordinates."""
    area_id = number_of(arguments)
    chosen = [area for area in turn.coordinated_areas() if not arguments or area.id == area_id]
    if not chosen:
        return [Reply(render("reminders/not_allowed"))]
    adopted = reminders.adopted(turn.db, [area.id for area in chosen])
    rules = rules_by_name(turn, [each.rule for each in adopted])
    known = [(each, rules[each.rule]) for each in adopted if each.rule in rules and _goes_on(rules[each.rule], turn)]
    rows = tuple((Button(label(rule)[:_LABEL], f"due.rule:{each.id}"),) for each, rule in known)
    return [Reply(render("reminders/rules", rules=known, several=len(chosen) > 1), rows)]


def _goes_on(rule: Rule, turn: Turn) -> bool:
    """Tell whether a rule can still remind of anything: what happens once is over some day."""
    on = rule.rhythm.on
    return on is None or on + LAST_STEP_USEFUL >= turn.today


def show_rule(turn: Turn, arguments: str) -> list[Reply]:
    """Show how a rule is kept, with what can be changed."""
    found = _own_rule(turn, arguments)
    return [Reply(render("reminders/not_allowed"))] if found is None else [_rule(turn, *found)]


def _rule(turn: Turn, adopted: Adopted, rule: Rule) -> Reply:
    units = reminders.units(turn.db, [adopted.area_id])
    kinds = [kind for kind in _UNIT_KINDS if units.get((adopted.area_id, kind))]
    following = upcoming(rule, turn.today, turn.calendar, 1)
    text = render("reminders/rule", adopted=adopted, rule=rule, following=following, units=units)
    number = adopted.id
    confirming = "Thôi hỏi tôi xác nhận" if adopted.needs_confirmation else "Cần tôi xác nhận khi báo đã nộp"
    for_all = "Mỗi nơi nộp một báo cáo" if adopted.one_for_all else "Một báo cáo cho cả xã"
    rows: list[tuple[Button, ...]] = [
        (Button(confirming, f"due.flip:{number}:confirm"),),
        (Button(for_all, f"due.flip:{number}:one"),),
        (Button("Đổi nơi nhận", f"due.to:{number}"), Button("Ngừng hạn này", f"due.end:{number}")),
    ]
    if len(kinds) > 1 or (kinds and adopted.unit_kind not in kinds):
        rows.append(
            tuple(
                Button(f"Bên nộp: {_UNIT_KINDS[kind]}", f"due.units:{number}:{kind}")
                for kind in kinds
                if kind != adopted.unit_kind
            )
        )
    return Reply(text, tuple(rows))


def flip(turn: Turn, arguments: str) -> list[Reply]:
    """Turn a setting on or off: `rule:confirm` or `rule:one`."""
    written, _, what = arguments.partition(":")
    found = _own_rule(turn, written)
    if found is None or what not in _FLIPS:
        return [Reply(render("reminders/not_allowed"))]
    adopted, _ = found
    if what == "confirm":
        reminders.change(turn.db, adopted.id, needs_confirmation=not adopted.needs_confirmation)
    else:
        reminders.change(turn.db, adopted.id, one_for_all=not adopted.one_for_all)
    return show_rule(turn, written)


def choose_units(turn: Turn, arguments: str) -> list[Reply]:
    """Say which kind of unit hands in: `rule:kind`."""
    written, _, kind = arguments.partition(":")
    found = _own_rule(turn, written)
    if found is None or kind not in _UNIT_KINDS:
        return [Reply(render("reminders/not_allowed"))]
    reminders.change(turn.db, found[0].id, unit_kind=kind)
    return show_rule(turn, written)


def choose_addressee(turn: Turn, arguments: str) -> list[Reply]:
    """Ask to whom the reports of a rule go, or take a suggestion: `rule[:number]`."""
    written, _, chosen = arguments.partition(":")
    found = _own_rule(turn, written)
    if found is None:
        return [Reply(render("reminders/not_allowed"))]
    suggested = _suggestions(*found)
    position = number_of(chosen)
    if not chosen:
        return [_ask_addressee(turn, *found)]
    if position is None or position >= len(suggested):
        return [Reply(render("common/old_button"))]
    return _keep_addressee(turn, found[0], suggested[position])


def take_addressee(incoming: Incoming, turn: Turn) -> list[Reply]:
    """Take a typed addressee; a clear question in between is answered."""
    adopted = find_adopted(turn, str(turn.standing.data.get("adopted", "")))
    reading = turn.reading
    if adopted is None or reading is None or not coordinates(turn, adopted.area_id):
        turn.leave()
        return [Reply(render("common/old_button"))]
    if reading.log.is_log:
        turn.leave()
        return logging.take_sentence(incoming, turn)
    if is_clear_question(reading) or reading.decision.outcome in (Outcome.SMALLTALK, Outcome.HANDOFF):
        return questions.answer(incoming, turn)
    return _keep_addressee(turn, adopted, reading.masked.text.strip()[:_LONGEST_ADDRESSEE])


def ask_to_end(turn: Turn, arguments: str) -> list[Reply]:
    """Ask whether a rule is really to be ended."""
    found = _own_rule(turn, arguments)
    if found is None:
        return [Reply(render("reminders/not_allowed"))]
    adopted, rule = found
    rows = ((Button("Ngừng hẳn", f"due.ended:{adopted.id}"), Button("Giữ lại", f"due.rule:{adopted.id}")),)
    return [Reply(render("reminders/ask_to_end", adopted=adopted, rule=rule), rows)]


def end(turn: Turn, arguments: str) -> list[Reply]:
    """Put a rule out of force."""
    found = _own_rule(turn, arguments)
    if found is None:
        return [Reply(render("reminders/not_allowed"))]
    adopted, rule = found
    reminders.end(turn.db, adopted.id, turn.now)
    return [Reply(render("reminders/ended", adopted=adopted, rule=rule))]


def _own_rule(turn: Turn, written: str) -> tuple[Adopted, Rule] | None:
    """Return a rule in force in an area that the person coordinates."""
    adopted = find_adopted(turn, written)
    if adopted is None or not coordinates(turn, adopted.area_id):
        return None
    rule = rules_by_name(turn, [adopted.rule]).get(adopted.rule)
    return None if rule is None else (adopted, rule)


def _ask_addressee(turn: Turn, adopted: Adopted, rule: Rule) -> Reply:
    turn.wait_for(STATE, adopted=adopted.id)
    rows: Rows = tuple(
        (Button(suggested[:_LABEL], f"due.to:{adopted.id}:{position}"),)
        for position, suggested in enumerate(_suggestions(adopted, rule))
    )
    return Reply(render("reminders/ask_addressee", adopted=adopted, rule=rule), rows)


def _suggestions(adopted: Adopted, rule: Rule) -> list[str]:
    """Return to whom a report most probably goes today: the commune's own bodies, or whom the plan names."""
    named = [] if rule.basis is None else [rule.basis.deadline.to]
    return [f"Phòng Văn hóa – Xã hội {adopted.area_name}", f"UBND {adopted.area_name}", *named]


def _keep_addressee(turn: Turn, adopted: Adopted, addressee: str) -> list[Reply]:
    reminders.change(turn.db, adopted.id, addressee=addressee)
    if turn.standing.state == STATE:
        turn.leave()
    rows = ((Button("Hạn báo cáo", "due.list"), Button("Sửa hạn", f"due.rule:{adopted.id}")),)
    return [Reply(render("reminders/addressee", adopted=adopted, addressee=addressee), rows)]
