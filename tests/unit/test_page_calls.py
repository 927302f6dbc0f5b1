"""Every function that a view calls exists on the server with such arguments, and every one that a page offers is called."""

from __future__ import annotations

import pytest

from tests.scripts import arguments_at, module_of, modules, used_by
from webui.border.views import ViewBorder, borders

VIEWS = borders()
PAGE = """
import { h, t as say } from "../../kit/dom.js";
export async function view(root, _value, ctx) {
  const { later } = await import("./later.js");
  await ctx.call("jobs_list", [1, 2], `a, ${b}`);
  later(ctx, (one) => ctx.call(one, ...all));
}
const other = (ctx) => ctx.call("other");
"""


def test_the_reader_sees_calls_and_names() -> None:
    page = module_of("views/jobs/page.js", PAGE)
    assert [(call.name, call.count) for call in page.declared["view"].calls] == [("jobs_list", 2), (None, None)]
    assert [(call.name, call.count) for call in page.declared["other"].calls] == [("other", 0)]
    assert page.imported["later"] == "views/jobs/later.js"
    assert page.imported["h"] == "kit/dom.js"
    assert "later" in page.declared["view"].words
    assert list(arguments_at('f(a, "b, c", { d, e })', 2)) == ["a", ' "b, c"', " { d, e }"]


def test_server_functions_are_called_by_their_names() -> None:
    """A name that is worked out cannot be checked, neither here nor by the types."""
    calls = [call for module in modules().values() for one in module.declared.values() for call in one.calls]
    assert len(calls) > 100
    assert [call.place for call in calls if call.name is None or call.count is None] == []


@pytest.mark.parametrize("view", VIEWS, ids=lambda view: view.name)
def test_what_a_view_calls_is_there_with_such_arguments(view: ViewBorder) -> None:
    wrong = []
    for call in (call for part in used_by(view.name) for call in part.calls if call.name):
        function = view.functions.get(str(call.name))
        if function is None:
            wrong.append(f"{call.place}: {call.name} is no function of the view {view.name}")
            continue
        if call.polled != function.polled:
            wrong.append(f"{call.place}: {call.name} is {'polled' if function.polled else 'called'}")
        least = sum(not one.optional for one in function.arguments)
        if call.count is not None and not least <= call.count <= len(function.arguments):
            wrong.append(f"{call.place}: {call.name} with {call.count} arguments")
    assert wrong == []


@pytest.mark.parametrize("view", VIEWS, ids=lambda view: view.name)
def test_what_a_page_offers_is_called(view: ViewBorder) -> None:
    called = {call.name for part in used_by(view.name) for call in part.calls}
    assert sorted(view.functions.keys() - called) == []


def test_every_call_is_reached_from_a_view() -> None:
    """A call that no view comes to is dead."""
    reached = {call.place for view in VIEWS for part in used_by(view.name) for call in part.calls}
    calls = [call.place for module in modules().values() for one in module.declared.values() for call in one.calls]
    assert [place for place in calls if place not in reached] == []
