"""The Playground: base and tuned models answer one question side by side. Conversations lie in the database."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, Literal, cast

from engine.core.shapes import NameOfId
from engine.services.chat import outside, question_lists
from engine.services.chat.settings import CHAT_PARAMS
from engine.services.data.annotation import feedback
from engine.services.data.ranking import votes
from engine.services.jobs import lifecycle
from engine.services.scoring.asking import scorers
from engine.shapes.annotation import VoteView
from engine.shapes.chat import AnswerEvent, ChatSettings, ConversationBrief, ConversationView, QuestionListView
from engine.shapes.playground.lists import RowWish
from engine.shapes.serving.outside import OutsideServerView
from webui.components import PolledFunction, view
from webui.forms import param_form
from webui.guard import guarded
from webui.pages.arena import arena_feed, arena_functions
from webui.pages.evidence import VOTES_SECONDS, evidence_in_talk
from webui.pages.exact import exact_in_talk
from webui.pages.scoring import scoring_in_talk
from webui.pages.shapes import ChatChanges, ChatFeed, ChatStart, SavedRow, WantedList
from webui.pages.turning import batches_of, prompt_library, turning
from webui.site import Site

if TYPE_CHECKING:
    from engine.services.chat.conversations import Chat

Function = Callable[..., Any]
_SUGGESTIONS = 6
_MOST_ROWS = 1_000  # of a table, at a time
_MEMORY_SECONDS = 0.2  # what is in memory is written nowhere
_FILE_SECONDS = 0.9  # nor are answers of lists, but in files


def _begin(answers: Iterator[AnswerEvent]) -> None:
    """Start an answer. It is finished and stored without a reader, so the page reads what is stored."""
    next(answers, None)


def build(site: Site, lang: str) -> None:
    """Draw the page of one language."""
    guard = guarded(lang)
    (reading, feed), (lists, list_view) = _reading(site, lang), _lists(site)
    proof, results = evidence_in_talk(site)
    functions = (*proof, *reading, *_writing(site.chat), *lists, *_feedback(site), *scoring_in_talk(site))
    functions += (*turning(site), *prompt_library(site, lang), *arena_functions(site), *exact_in_talk(site))
    polled = [
        PolledFunction(guard(arena_feed(site)), seconds=_MEMORY_SECONDS),
        PolledFunction(guard(feed), seconds=_MEMORY_SECONDS),
        PolledFunction(guard(list_view), seconds=_FILE_SECONDS),
        PolledFunction(guard(results), seconds=VOTES_SECONDS),
    ]
    view("playground", functions=[guard(function) for function in functions], polled=polled)


def _reading(site: Site, lang: str) -> tuple[tuple[Function, ...], Function]:
    """What the page asks for, and what it asks again and again."""
    chat = site.chat

    def chat_start() -> ChatStart:
        form = [param_form(param, lang, "chat") for param in CHAT_PARAMS]
        defaults = cast(ChatSettings, {param.key: param.default for param in CHAT_PARAMS})
        lists = question_lists.bounds()
        told = {"options": chat.options(), "status": chat.status(), "form": form, "defaults": defaults, "lists": lists}
        more = {"scorers": [one["id"] for one in scorers(site.ctx)], "outside": outside.count_servers(site.ctx)}
        return cast(ChatStart, told | more)

    def chat_view(conversation_id: int) -> ConversationView:
        return chat.view(int(conversation_id))

    def chat_feed(conversation_id: int | None, place: int) -> ChatFeed:
        """The memory's state and the messages of the turns from the one at `place` (0: the first) on."""
        if not conversation_id:
            return {"status": chat.status(), "messages": []}
        messages = chat.view(int(conversation_id))["messages"]
        wanted = set(sorted({message["turn"] for message in messages})[int(place) :])
        return {"status": chat.status(), "messages": [message for message in messages if message["turn"] in wanted]}

    def chat_list() -> list[ConversationBrief]:
        return chat.list()

    def chat_suggestions(tuned_id: int | None) -> list[str]:
        return chat.suggestions(int(tuned_id) if tuned_id else None, n=_SUGGESTIONS)

    def chat_outside() -> list[OutsideServerView]:
        """Servers elsewhere with the models that they have now."""
        return outside.outside_models(site.ctx)

    return (chat_start, chat_view, chat_list, chat_suggestions, chat_outside), chat_feed


def _writing(chat: Chat) -> tuple[Function, ...]:
    """What changes a conversation."""

    def chat_open(base_id: int, sides: list[str], settings: ChatSettings) -> int:
        return chat.open(int(base_id), settings=settings, sides=[str(one) for one in sides])

    def chat_update(conversation_id: int, changes: ChatChanges) -> None:
        chat.update(int(conversation_id), settings=changes.get("settings"), sides=changes.get("sides"))

    def chat_ask(conversation_id: int, prompt: str, values: dict[str, str] | None = None) -> None:
        """`values`: of the variables of prompt and system prompt; None: both are asked as they stand."""
        _begin(chat.ask(int(conversation_id), str(prompt), values=values))

    def chat_stop(conversation_id: int, side: str = "") -> None:
        chat.stop(int(conversation_id), side)

    def chat_delete(conversation_id: int) -> None:
        chat.delete(int(conversation_id))

    return chat_open, chat_update, chat_ask, chat_stop, chat_delete


def _lists(site: Site) -> tuple[tuple[Function, ...], Function]:
    """What asks a whole list of questions, and what follows it."""
    ctx = site.ctx

    def list_start(wanted: WantedList) -> int:
        said = {"name": str(wanted["name"]), "key": str(wanted["key"])[:64]}
        questions, sides = [str(one) for one in wanted["questions"]], [str(one) for one in wanted["sides"]]
        return question_lists.start_list(
            ctx, int(wanted["base_id"]), (), wanted["settings"], questions, sides=sides, **said
        )

    def list_view(job_id: int, after: int, most: int = 50, wish: RowWish | None = None) -> QuestionListView:
        return question_lists.list_view(ctx, int(job_id), max(0, after), min(max(1, most), _MOST_ROWS), wish)

    def list_act(job_id: int, action: Literal["stop", "resume"]) -> None:
        {"stop": lifecycle.stop_job, "resume": lifecycle.resume_job}[action](ctx, int(job_id))

    return (list_start, list_act, *batches_of(site)), list_view


def _feedback(site: Site) -> tuple[Function, ...]:
    """What puts answers into the annotation queue, and votes to the rankings."""

    def save_row_targets() -> list[NameOfId]:
        return feedback.targets(site.ctx)

    def save_row(conversation_id: int, turn: int, side: str, row: SavedRow) -> int:
        """`row`: {"question", "answer", "with_before", "dataset"} as the person left them."""
        said = {"question": str(row["question"]), "answer": str(row["answer"])}
        before, dataset = bool(row.get("with_before")), row.get("dataset")
        return feedback.collect_answer(
            site.ctx, int(conversation_id), int(turn), str(side), **said, with_before=before, dataset=dataset
        )

    def chat_vote(conversation_id: int, turn: int, better: str | None, rater: str) -> VoteView:
        return votes.vote(site.ctx, conversation_id, turn, better, rater)

    def chat_votes(conversation_id: int, rater: str) -> list[VoteView]:
        return votes.votes(site.ctx, conversation_id, rater)

    return save_row_targets, save_row, chat_vote, chat_votes
