"""The press's own reference: its directives, errors and verbs, as their docstrings tell them."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator

import click
from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from press import errors

#: Literal text of a docstring, which may end in a backtick of its own.
_LITERAL = re.compile(r"``(.+?)``(?!`)", flags=re.S)


def _words(text: str) -> Iterator[nodes.Node]:
    for place, part in enumerate(_LITERAL.split(" ".join(text.split()))):
        if part:
            yield nodes.literal("", part) if place % 2 else nodes.Text(part)


def _told(docstring: str | None) -> list[nodes.Node]:
    """Return a docstring's paragraphs."""
    parts = re.split(r"\n\s*\n", inspect.cleandoc(docstring or ""))
    return [nodes.paragraph("", "", *_words(part)) for part in parts if part]


def _entry(term: list[nodes.Node], *told: nodes.Node, anchor: str = "") -> nodes.Node:
    name = nodes.term("", "", *term, ids=[anchor] if anchor else [])
    return nodes.definition_list_item("", name, nodes.definition("", *told))


class Directives(SphinxDirective):
    """``{press-directives}``: the roles and directives of the press, as their docstrings begin."""

    def run(self) -> list[nodes.Node]:
        from press.sphinx_ext import all_directives
        from press.sphinx_ext.roles import ROLES

        found = dict.fromkeys([*map(type, ROLES.values()), *all_directives().values()])
        return [nodes.bullet_list("", *(nodes.list_item("", *_told(one.__doc__)) for one in found))]


class Errors(SphinxDirective):
    """``{press-errors}``: the errors of the press with the exit codes of its command line."""

    def run(self) -> list[nodes.Node]:
        found: list[type[errors.PressError]] = [errors.PressError, *errors.PressError.__subclasses__()]
        entries = [
            _entry(
                [nodes.literal("", error.__name__), nodes.Text(f" · {error.exit_code}")],
                *_told(error.__doc__),
            )
            for error in sorted(found, key=lambda error: error.exit_code)
        ]
        return [nodes.definition_list("", *entries)]


class Verbs(SphinxDirective):
    """``{press-verbs}``: the verbs of the command line with their options."""

    def run(self) -> list[nodes.Node]:
        from press.cli import main

        return [nodes.definition_list("", *(_verb(name, verb) for name, verb in sorted(main.commands.items())))]


def _verb(name: str, verb: click.Command) -> nodes.Node:
    context = click.Context(verb, info_name=name)
    usage = [part for part in verb.collect_usage_pieces(context) if part != "[OPTIONS]"]
    options = [
        _entry([nodes.literal("", record[0])], *_told(record[1]))
        for parameter in verb.params
        if isinstance(parameter, click.Option) and (record := parameter.get_help_record(context))
    ]
    listed = [nodes.definition_list("", *options)] if options else []
    term: list[nodes.Node] = [nodes.literal("", " ".join(["press", name, *usage]))]
    return _entry(term, *_told(verb.help), *listed, anchor=f"press-{name}")


def setup(app: Sphinx) -> None:
    """Register the directives; called by the press's own setup."""
    app.add_directive("press-directives", Directives)
    app.add_directive("press-errors", Errors)
    app.add_directive("press-verbs", Verbs)
