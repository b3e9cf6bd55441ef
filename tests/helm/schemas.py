"""Rendered objects against the schemas of the Kubernetes API itself, strictly: an unknown field is an error."""

import kubernetes_validate

from rendering import Render

OLDEST = "1.30"
NEWEST = ".".join(kubernetes_validate.latest_version().split(".")[:2])


def validate(render: Render, version: str) -> None:
    for item in render.objects:
        try:
            kubernetes_validate.validate(item, version, strict=True)
        except kubernetes_validate.ValidationError as error:
            place = ".".join(str(step) for step in error.path)
            raise AssertionError(f"{item['kind']} {item['metadata']['name']}: {place}: {error.message}") from error
