"""Scoring: what the configuration can say of it."""

from __future__ import annotations

import hashlib
import json
from datetime import datetime, timedelta
from functools import cached_property

from pydantic import Field, StrictFloat, StrictInt

from leadshare.model import Model
from leadshare.playbook import Category, Stage
from leadshare.scoring.default_rules import DEFAULT_RULES
from leadshare.scoring.rules import Rule


class SalesReady(Model):
    """The score from which a lead is sales-ready, for each storefront."""

    appsource: StrictInt = Field(60, ge=0, le=100)
    """For leads of AppSource."""
    azure_marketplace: StrictInt = Field(60, ge=0, le=100)
    """For leads of Azure Marketplace."""

    @property
    def unknown(self) -> int:
        """The lower of them: not to be known makes no lead worth less."""
        return min(self.appsource, self.azure_marketplace)


class Scoring(Model):
    """How leads are scored; `rule` replaces the built-in rules as a whole."""

    sales_ready: SalesReady = SalesReady()  # type: ignore[call-arg]  # all fields have defaults
    """The score from which a lead is sales-ready."""
    # By factories, so that the schema for editors does not hold every word of the built-in rules.
    rule: tuple[Rule, ...] = Field(
        default_factory=lambda: DEFAULT_RULES, min_length=1, max_length=100
    )
    """The rules; a lead's score is the sum of those that it meets, from 0 to 100."""
    half_life_days: StrictFloat = Field(30, gt=0, le=3650)
    """Days after the last touch in which the interest of a lead, its score at first, halves."""

    @cached_property
    def version(self) -> str:
        """12 hex that change with any rule."""
        text = json.dumps([rule.model_dump(mode="json") for rule in self.rule], sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:12]

    def interest(self, score: int, last_touch: datetime, now: datetime) -> int:
        """Return what is left *now* of the interest of a lead with this *score*: 0 to 100."""
        halves = max(now - last_touch, timedelta()) / timedelta(days=self.half_life_days)
        left: float = 0.5**halves
        return round(score * left)

    def stage(self, category: Category, storefront: str, score: int) -> Stage:
        """Qualify: sales-ready at or over the storefront's threshold; special leads stay apart."""
        if category is not Category.NORMAL:
            return Stage(category)
        ready: int = getattr(self.sales_ready, storefront)
        return Stage.SALES_READY if score >= ready else Stage.NEW
