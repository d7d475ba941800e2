"""What a language model is told in its own template of a chat, however that wants it."""

from __future__ import annotations

from functools import cached_property
from typing import Any, Literal

from audiorouter.border import crossing
from audiorouter.errors import ReasonerError

_ASKED = (
    "Question: What is heard?\nA. bells\nB. rain\n\nAnswer with the letter of the right choice."
)
_WORDS = _ASKED.casefold().replace(".", "").replace("?", "").split()
Form = Literal["text", "parts", "none"]


class Chat:
    """Puts what a user says into the template of a tokenizer.

    Templates are code of whoever made the model: some take a text, others a list of parts, some
    raise errors, and some leave out what they do not expect. Which form carries a question is
    tried once; where none does, the model is asked without its template.
    """

    def __init__(self, tokenizer: Any):
        self._tokenizer = tokenizer

    def prompt(self, text: str) -> str:
        """The prompt of a chat in which a user says `text`, up to where the model's turn begins.

        A model without a template is led to its answer.

        Raises:
            ReasonerError: the template raises something of this text.
        """
        form, _ = self._found
        if form == "none":
            return _led(text)
        return self._rendered(text, form)

    @property
    def remark(self) -> str | None:
        """What a user should know of the template."""
        return self._found[1]

    @cached_property
    def _found(self) -> tuple[Form, str | None]:
        """The form in which a question stands in the chat as it is, or at least with its words."""
        if not getattr(self._tokenizer, "chat_template", None):
            return "none", None
        forms: tuple[Form, ...] = ("text", "parts")
        chats = {form: self._tried(form) for form in forms}
        for form, chat in chats.items():
            if _ASKED in chat:
                return form, None
        for form, chat in chats.items():
            if _in_words(chat):
                return form, "its chat template changes what it is told"
        return "none", "its chat template leaves out the question, so it is asked without it"

    def _tried(self, form: Form) -> str:
        try:
            return self._rendered(_ASKED, form)
        except ReasonerError:
            return ""

    def _rendered(self, text: str, form: Form) -> str:
        content = text if form == "text" else [{"type": "text", "text": text}]
        said = [{"role": "user", "content": content}]
        with crossing("its chat template", ReasonerError):
            return str(
                self._tokenizer.apply_chat_template(
                    said, tokenize=False, add_generation_prompt=True
                )
            )


def _led(text: str) -> str:
    return f"{text}\n\nAnswer:"


def _in_words(chat: str) -> bool:
    """Whether the words of the question stand in the chat, in their order."""
    chat, place = chat.casefold(), 0
    for word in _WORDS:
        found = chat.find(word, place)
        if found < 0:
            return False
        place = found + len(word)
    return True
