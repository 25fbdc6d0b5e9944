"""Give the methods of one URL different policies: every origin may read, one origin may write.

A preflight gets the policy of the method that it asks for. Run ``flask --app method_policies run``.
"""

from __future__ import annotations

from typing import Any, ClassVar

from flask import Flask, request
from flask.views import MethodView

from flask_crossorigin import CORS, cross_origin

EDITOR = "https://editor.example.com"

app = Flask(__name__)
# resources=[] means that only decorated views have a policy.
CORS(app, resources=[])

names = {1: "apple", 2: "pear"}


# As functions: two views with the same URL, and one policy each.
@app.get("/items")
@cross_origin(origins="*")
def list_items() -> Any:
    return names


@app.post("/items")
@cross_origin(origins=EDITOR)
def add_item() -> tuple[dict[str, Any], int]:
    number = max(names, default=0) + 1
    names[number] = str(request.get_json()["name"])
    return {"number": number}, 201


# As a class: a decorator on a method overrides those of the class.
class Item(MethodView):
    """Return or change an item."""

    decorators: ClassVar = [cross_origin(origins=EDITOR)]

    @cross_origin(origins="*")
    def get(self, number: int) -> dict[str, Any]:
        """Return the name. Every origin may read it."""
        return {"name": names.get(number)}

    def put(self, number: int) -> dict[str, Any]:
        """Change the name. Only the editor may do that."""
        names[number] = str(request.get_json()["name"])
        return {"name": names[number]}


app.add_url_rule("/items/<int:number>", view_func=Item.as_view("item"))
