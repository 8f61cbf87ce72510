"""The words of the lab."""

from fastapi import APIRouter

from ..glossary import GLOSSARY
from ..messages.outgoing import Glossary, GlossaryEntry, GlossarySection
from .common import PROBLEMS

router = APIRouter(prefix="/api", tags=["server"], responses=PROBLEMS)


@router.get("/glossary")
async def get_glossary() -> Glossary:
    """Every term of the lab with one plain sentence, and where it stands on the page."""
    return Glossary(
        sections=[
            GlossarySection(
                title=section.title,
                entries=[
                    GlossaryEntry(
                        id=entry.id,
                        name=entry.name,
                        meaning=entry.meaning,
                        symbol=entry.symbol,
                        script=entry.script,
                        places=list(entry.places),
                        related=list(entry.related),
                        hint=entry.hint,
                    )
                    for entry in section.entries
                ],
            )
            for section in GLOSSARY
        ]
    )
