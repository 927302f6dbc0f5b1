"""A tokenizer against an embedding: which tables a model has, which tokens lack a row, and a copy with a row for each."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import pytest
from tokenizers import Tokenizer

from engine.core.errors import Fault
from engine.data.templates.template import ChatTemplate
from engine.data.templates.token_rows import BEYOND, TokenRows
from engine.models.base.download_progress import ByteProgress
from engine.models.base.embedding import find_tables
from engine.models.base.inspect import weight_files
from engine.models.base.resize import resize
from engine.models.base.sound_config import sound_config, sound_settings
from engine.models.base.tensors import read_header
from engine.models.base.vocabulary import finding_of, known_rows, look_into, rows_needed
from tests.vocabulary import FAMILIES, ROWS, add_tokens, edit, write_model

NEW = ("<|tool|>", "<|end_tool|>")
TALK = [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello"}]


class Silent:
    """Progress that nobody looks at."""

    def phase(self, name: str, total: int = 0) -> None:
        self.name, self.total, self.done = name, total, 0

    def more(self, count: int) -> None:
        self.done += count


@pytest.fixture(scope="module")
def llama(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_model(tmp_path_factory.mktemp("made") / "llama")


@pytest.fixture
def folder(llama: Path, tmp_path: Path) -> Path:
    """A copy to spoil."""
    return Path(shutil.copytree(llama, tmp_path / "model"))


def copy_with(source: Path, needed: int) -> tuple[Path, Silent]:
    target, progress = source.with_name(source.name + "-resized"), Silent()
    resize(source, target, needed, cast(ByteProgress, progress))
    return target, progress


def look(folder: Path) -> TokenRows:
    return look_into(folder, json.loads((folder / "config.json").read_text()), folder)


# ------------------------------------------------------------------ tables


@pytest.mark.parametrize("family", FAMILIES)
def test_a_copy_answers_as_its_original_and_new_tokens_can_be_told_apart(family: str, tmp_path: Path) -> None:
    import torch
    from transformers import AutoModelForCausalLM

    source = write_model(tmp_path / family, family, dtype="bfloat16")
    target, progress = copy_with(source, ROWS + 40)
    assert progress.done == progress.total == sum(_bytes(file) for file in weight_files(target))
    old, new = (AutoModelForCausalLM.from_pretrained(one, dtype=torch.float32) for one in (source, target))
    ids = torch.tensor([[1, 5, 300, 511]])
    with torch.no_grad():
        assert torch.equal(new(input_ids=ids).logits[..., :ROWS], old(input_ids=ids).logits)
    rows = new.get_input_embeddings().weight.detach()
    assert new.config.vocab_size == len(rows) == ROWS + 40
    assert new.get_output_embeddings().weight.shape == rows.shape
    assert {one.dtype for file in weight_files(target) for one in read_header(file)[0]} == {"BF16"}
    away, spread = rows[ROWS:] - rows[:ROWS].mean(0), rows[:ROWS].std()
    assert float(away.std()) == pytest.approx(0.1 * float(spread), rel=0.1)
    assert len({tuple(row.tolist()) for row in rows[ROWS:]}) == 40
    for after, before in zip(new.parameters(), old.parameters(), strict=True):
        assert after.dtype == before.dtype


def _bytes(file: Path) -> int:
    return sum(one.bytes for one in read_header(file)[0])


@pytest.mark.parametrize(
    ("family", "known"),
    [
        ("llama", ["model.embed_tokens.weight"]),
        ("gpt2", ["transformer.wte.weight"]),
        ("gpt_neox", ["gpt_neox.embed_in.weight", "embed_out.weight"]),
        ("phi", ["model.embed_tokens.weight", "lm_head.weight", "lm_head.bias"]),
    ],
)
def test_tables_are_found_by_their_names(family: str, known: list[str], tmp_path: Path) -> None:
    """Also where a table of places has as many rows, as GPT-2's here."""
    tables = find_tables(weight_files(write_model(tmp_path / family, family)))
    assert tables is not None
    assert ([one.name for one in tables.known], tables.strange) == (known, ())


def _shard(folder: Path) -> Path:
    """The model's weights in several files, as large models come."""
    from safetensors.torch import load_file, save_file

    weights = load_file(folder / "model.safetensors")
    names = sorted(weights)
    parts = {"model-00001-of-00002.safetensors": names[::2], "model-00002-of-00002.safetensors": names[1::2]}
    for file, own in parts.items():
        save_file({name: weights[name] for name in own}, folder / file, metadata={"format": "pt"})
    where = {name: file for file, own in parts.items() for name in own}
    size = sum(tensor.nbytes for tensor in weights.values())
    index = {"metadata": {"total_size": size}, "weight_map": where}
    (folder / "model.safetensors.index.json").write_text(json.dumps(index))
    (folder / "model.safetensors").unlink()
    return folder


def test_shards_stay_shards(folder: Path) -> None:
    from transformers import AutoModelForCausalLM

    target, _progress = copy_with(_shard(folder), ROWS + 8)
    index = json.loads((target / "model.safetensors.index.json").read_text())
    tensors = [one for file in weight_files(target) for one in read_header(file)[0]]
    assert index["metadata"]["total_size"] == sum(one.bytes for one in tensors)
    assert {one.name: one.file.name for one in tensors} == index["weight_map"]
    assert AutoModelForCausalLM.from_pretrained(target).get_input_embeddings().num_embeddings == ROWS + 8


def test_the_same_copy_comes_out_each_time_and_nothing_half_done_is_left(folder: Path) -> None:
    first = (copy_with(folder, 600)[0] / "model.safetensors").read_bytes()
    target, _progress = copy_with(folder, 600)
    assert (target / "model.safetensors").read_bytes() == first
    assert [one.name for one in folder.parent.iterdir() if "partial" in one.name] == []


def test_rows_of_zeros_do_not_pull_the_mean(folder: Path) -> None:
    _zero(folder, range(400, ROWS))
    target, _progress = copy_with(folder, ROWS + 200)
    rows = _table(target)
    assert abs(rows[ROWS:].mean() - rows[:400].mean()) < 1e-3
    assert rows[ROWS:].std() == pytest.approx(0.1 * rows[:400].std(), rel=0.2)


def _table(folder: Path) -> Any:
    from safetensors.numpy import load_file

    return load_file(folder / "model.safetensors")["model.embed_tokens.weight"]


def _zero(folder: Path, rows: Any, value: float = 0.0) -> None:
    from safetensors.numpy import load_file, save_file

    weights = load_file(folder / "model.safetensors")
    weights["model.embed_tokens.weight"][list(rows)] = value
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})


def test_a_table_of_unknown_purpose_is_not_resized(folder: Path) -> None:
    from safetensors.numpy import load_file, save_file

    weights = load_file(folder / "model.safetensors")
    weights["model.embed_tokens_per_layer.weight"] = weights["model.embed_tokens.weight"][:, :8].copy()
    save_file(weights, folder / "model.safetensors")
    with pytest.raises(Fault) as caught:
        copy_with(folder, 600)
    assert caught.value.as_dict() == {
        "code": "model.not_resizable",
        "params": {"tensor": "model.embed_tokens_per_layer.weight"},
    }
    assert not look(folder).resizable


def test_a_full_disk_is_told_before_anything_is_written(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = shutil.disk_usage(folder)
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: usage._replace(free=1000))
    with pytest.raises(Fault) as caught:
        copy_with(folder, 600)
    assert caught.value.code == "model.no_disk"
    assert not (folder.parent / "model-resized").exists()


# ------------------------------------------------------------------ what is found


def test_a_tokenizer_that_fits_says_nothing(folder: Path) -> None:
    found = look(folder)
    assert (found.rows, found.lacking, found.configured, found.untaught) == (ROWS, 0, None, {})
    assert finding_of(found) is None
    assert found.resizable


def test_tokens_behind_the_last_row_are_named(folder: Path) -> None:
    add_tokens(folder, NEW)
    found = look(folder)
    assert (found.lacking, found.beyond) == (2, {512: NEW[0], 513: NEW[1]})
    finding = finding_of(found)
    assert finding is not None
    assert finding["code"] == "model.tokens_beyond"
    assert finding["params"] == {"n": 2, "rows": ROWS, "tokens": "“<|tool|>” (512), “<|end_tool|>” (513)"}
    assert rows_needed(folder) == 514


def test_holes_in_the_ids_need_rows_too(folder: Path) -> None:
    """A tokenizer whose ids go beyond the rows although it has fewer tokens than there are rows."""
    content = json.loads((folder / "tokenizer.json").read_text())
    moved = next(one for one in content["added_tokens"] if one["content"] == "<eos>")
    content["model"]["vocab"]["<eos>"] = moved["id"] = 700
    (folder / "tokenizer.json").write_text(json.dumps(content))
    assert Tokenizer.from_file(str(folder / "tokenizer.json")).get_vocab_size() < ROWS
    found = look(folder)
    assert (found.beyond, rows_needed(folder)) == ({700: "<eos>"}, 701)


def test_what_the_template_writes_itself_is_found(folder: Path) -> None:
    add_tokens(folder, ["<|turn|>", "<|never|>"])
    template = (folder / "chat_template.jinja").read_text().replace("<|im_start|>", "<|turn|>")
    (folder / "chat_template.jinja").write_text(template)
    found = look(folder)
    assert (found.lacking, found.used) == (2, (512,))
    finding = finding_of(found)
    assert finding is not None
    assert (finding["code"], finding["params"]["tokens"]) == ("model.template_beyond", "“<|turn|>” (512)")


def test_an_end_token_without_a_row_ends_every_text(folder: Path) -> None:
    add_tokens(folder, ["<|stop|>"])
    edit(folder, "special.json", eos_token="<|stop|>", eos_token_ids=[2, 512])
    found = look(folder)
    assert found.used == (512,)
    found.write(folder)
    template = ChatTemplate.load(folder)
    assert template.eos_ids == [2]  # the other can never come
    with pytest.raises(Fault, match=BEYOND):
        template.encode("A plain text.")


def test_sizes_in_a_nested_config_count(folder: Path) -> None:
    config = json.loads((folder / "config.json").read_text())
    nested = {"model_type": "thing", "text_config": config}
    assert look_into(folder, nested, folder).configured is None
    nested["text_config"]["vocab_size"] = 500
    assert look_into(folder, nested, folder).configured == 500
    (folder / "config.json").write_text(json.dumps(nested))
    target, _progress = copy_with(folder, 600)
    written = json.loads((target / "config.json").read_text())
    assert (written["text_config"]["vocab_size"], "vocab_size" in written) == (600, False)


def test_config_and_weights_that_differ_are_told_and_agree_in_the_copy(folder: Path) -> None:
    edit(folder, "config.json", vocab_size=500)
    finding = finding_of(look(folder))
    assert finding == {"code": "model.rows_differ", "params": {"configured": 500, "rows": ROWS}}
    with pytest.raises(Fault) as caught:
        sound_config(folder)
    assert caught.value.code == "model.rows_differ"
    target, _progress = copy_with(folder, rows_needed(folder))
    assert sound_config(target).vocab_size == ROWS
    assert (target / "model.safetensors").stat().st_size == (folder / "model.safetensors").stat().st_size


def test_rows_of_zeros_and_rows_that_are_alike_were_never_learnt(folder: Path) -> None:
    ids = {
        token.content: i
        for i, token in Tokenizer.from_file(str(folder / "tokenizer.json")).get_added_tokens_decoder().items()
    }
    _zero(folder, [ids["<s>"]])
    _zero(folder, [ids["[INST]"], ids["[/INST]"]], 0.25)
    _zero(folder, [ids["<bos>"]], 0.5)
    assert set(look(folder).untaught.values()) == {"<s>", "[INST]", "[/INST]"}


def test_new_rows_of_a_copy_were_never_learnt(folder: Path) -> None:
    add_tokens(folder, NEW)
    target, _progress = copy_with(folder, rows_needed(folder))
    found = look(target)
    assert finding_of(found) is None
    assert found.untaught == {512: NEW[0], 513: NEW[1]}


def test_it_is_kept_and_read_again(folder: Path) -> None:
    """Models of earlier versions are looked into when they are first needed."""
    add_tokens(folder, NEW)
    assert TokenRows.read(folder) is None
    found = known_rows(folder, folder)
    assert TokenRows.read(folder) == found == look(folder)
    (folder / "model.safetensors").unlink()
    assert known_rows(folder, folder) == found
    edit(folder, "embedding.json", version=99)  # of another version: looked into anew, which these weights do not allow
    assert known_rows(folder, folder) == TokenRows()


# ------------------------------------------------------------------ what it refuses


ASK: dict[str, Callable[[ChatTemplate, str], object]] = {
    "row": lambda template, text: template.encode({"messages": [{**TALK[0], "content": text}, TALK[1]]}),
    "text": lambda template, text: template.encode({"text": text}),
    "prompt": lambda template, text: template.encode_prompt([{**TALK[0], "content": text}]),
    "beginning": lambda template, text: template.plain_ids(text),
}


@pytest.mark.parametrize("way", ASK)
def test_each_way_to_tokens_names_those_without_a_row(folder: Path, way: str) -> None:
    add_tokens(folder, NEW)
    known_rows(folder, folder)
    template = ChatTemplate.load(folder)
    assert ASK[way](template, "A plain text.")
    with pytest.raises(Fault) as caught:
        ASK[way](template, "Call <|tool|> now")
    assert (caught.value.code, caught.value.params["tokens"]) == (BEYOND, "“<|tool|>” (512)")


def test_a_pad_token_without_a_row_is_replaced(folder: Path) -> None:
    add_tokens(folder, ["<|pad|>"])
    edit(folder, "special.json", pad_token="<|pad|>")
    edit(folder, "config.json", pad_token_id=512)
    known_rows(folder, folder)
    template = ChatTemplate.load(folder)
    assert template.pad_id == template.eos_id
    assert sound_config(folder).pad_token_id is None
    config = json.loads((folder / "config.json").read_text())
    assert sound_settings(config)["pad_token_id"] is None
    assert sound_settings({"text_config": config})["text_config"]["pad_token_id"] is None
    assert sound_settings(config | {"pad_token_id": 3})["pad_token_id"] == 3


def test_ids_without_a_text_are_read_as_nothing(llama: Path) -> None:
    """The embedding is larger than the tokenizer: a model may say such an id."""
    template = ChatTemplate.load(llama)
    ids = [40, 505, 41, 511]
    assert template.tokenizer.id_to_token(505) is None
    assert template.decode(ids) == template.whole_text(ids) == template.decode([40, 41])
    assert "".join(template.pieces(ids)) == template.decode([40, 41], skip_special=False)
