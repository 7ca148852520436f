"""The page in a real browser, as people see it."""

from __future__ import annotations

import contextlib
from typing import Any

from twisted.trial.unittest import SynchronousTestCase

from tests.graph.live.browser import Program, chromium, require_browser
from tests.graph.live.made_up import HOSTILE

TIMEOUT = 60_000
"""Milliseconds that something may take to be seen."""


class Case(SynchronousTestCase):
    """A browser, and a story that it shows.

    A browser for each test: trial knows no ``setUpClass``.
    """

    def setUp(self) -> None:
        require_browser()
        self.browser = self.enter(chromium())
        self.complaints: list[str] = []
        self.program = self.enter(contextlib.closing(Program()))

    def enter(self, context: Any) -> Any:
        """Enter it until the test is over."""
        stack = contextlib.ExitStack()
        self.addCleanup(stack.close)
        return stack.enter_context(context)

    def open(self, url: str = "", **options: Any) -> Any:
        """A page with the program in it."""
        context = self.enter(contextlib.closing(self.browser.new_context(**options)))
        context.set_default_timeout(TIMEOUT)
        page = context.new_page()
        page.on("console", lambda said: self._said(said.type, said.text))
        page.on("pageerror", lambda error: self._said("error", str(error)))
        page.goto(url or self.program.url)
        page.locator("#status[data-state=live]").wait_for()
        page.locator(".cell.node", has_text="c1").first.wait_for()
        return page

    def _said(self, kind: str, text: str) -> None:
        if kind in {"error", "warning"}:
            self.complaints.append(text)

    def assert_only(self, page: Any, text: str) -> None:
        """There are lines with that text, and no others."""
        lines = page.locator("#tall .line:visible")
        lines.filter(has_not_text=text).first.wait_for(state="detached")
        lines.filter(has_text=text).first.wait_for()

    def assert_quiet(self) -> None:
        """The browser had nothing to complain of."""
        self.assertEqual(self.complaints, [])


class StoryTests(Case):
    def test_shows(self) -> None:
        """Ports, connections and calls are there, and the browser is content."""
        page = self.open()
        for text in ("127.0.0.1:8000", "/run/chat/control", "ClientAPI", "Upstream"):
            page.locator("#tall", has_text=text).wait_for()
        self.assertEqual(page.locator("#count-connections").inner_text(), "4")
        self.assertEqual(page.locator("#strays-title").inner_text(), "No stray calls")
        self.assert_quiet()

    def test_hostile(self) -> None:
        """A name stays a name."""
        page = self.open()
        page.locator(".cell.node", has_text=HOSTILE).click()
        page.locator("#details-title", has_text=HOSTILE).wait_for()
        self.assertEqual(page.locator("#tall img, #details img").count(), 0)
        self.assert_quiet()

    def test_stray(self) -> None:
        """A call whose connection is lost is seen at once, and when it has fired too."""
        page = self.open()
        self.program.tell("lose c3 t3")
        card = page.locator(".card.new", has_text="ClientAPI.postConnectionLostCall")
        card.wait_for()
        self.assertIn("ClientAPI c3", card.inner_text())
        page.locator(".cell.call.is-stray").wait_for()
        page.locator(".cell.node.is-disconnected", has_text="c3").wait_for()
        page.locator("#announcement", has_text="A new stray call").wait_for(
            state="attached"
        )
        self.assertTrue(page.title().startswith("(1) "))
        self.program.tell("remove t3")
        over = page.locator(".card.over")
        over.wait_for()
        over.get_by_role("button", name="Looked at").click()
        over.wait_for(state="detached")
        self.assert_quiet()

    def test_path(self) -> None:
        """A click on a stray shows the way from the call to its connection."""
        page = self.open()
        self.program.tell("lose c3 t3")
        page.locator(".card .open").click()
        steps = page.locator(".path .step")
        steps.last.wait_for()
        self.assertEqual(steps.all_inner_texts()[1:3], ["bound method", "self"])
        self.assertIn("disconnected", steps.last.inner_text())
        page.locator(
            "#details .word", has_text="Every connection it reaches"
        ).wait_for()
        steps.last.get_by_role("button").click()
        page.locator("#details-title", has_text="ClientAPI").wait_for()
        page.locator(".events .lost", has_text="ConnectionLost").wait_for()
        self.assert_quiet()

    def test_lost(self) -> None:
        """A connection that goes is shown as lost for a while."""
        page = self.open()
        self.program.tell("remove c2")
        page.locator(".cell.node.is-gone", has_text="c2").wait_for()
        self.assertEqual(page.locator("#count-connections").inner_text(), "3")
        self.assert_quiet()

    def test_pings(self) -> None:
        """A question and its answer travel, and are in the timeline."""
        page = self.open(reduced_motion="no-preference")
        page.evaluate(
            "void (Element.prototype.animate = function () {"
            " (window.moved ??= []).push(this.className); return null; })"
        )
        self.program.tell("answer c1")
        page.locator(".cell.node", has_text="c1").click()
        page.locator(".events .answered").wait_for()
        moved = page.evaluate("window.moved")
        self.assertIn("ping", moved)
        self.assertGreater(page.locator(".track .event.asked").count(), 0)
        self.assert_quiet()

    def test_ended(self) -> None:
        """When the program ends, the page says so and keeps the last picture."""
        page = self.open()
        self.program.end()
        page.locator("#status[data-state=lost]").wait_for()
        self.assertIn("last picture", page.locator("#status-more").inner_text())
        self.assertGreater(page.locator(".cell.node", has_text="c1").count(), 0)

    def test_reconnects(self) -> None:
        """When the program can be reached again, it goes on."""
        page = self.open()
        page.evaluate(STATES)
        self.program.tell("drop")
        page.locator("#status[data-states*='lost live']").wait_for()
        self.program.tell("lose c3 t3")
        page.locator(".card.new").wait_for()
        self.assertGreater(page.locator(".card.new").count(), 0)


class SearchTests(Case):
    def test_search(self) -> None:
        """What is typed is found, in names, addresses and ids."""
        page = self.open()
        for text, count in (("192.0.2.7", 1), ("clientapi", 1), ("t4", 1), ("nope", 0)):
            page.fill("#search", text)
            shown = page.locator("#shown")
            page.locator("#shown", has_text=f"{count} of").wait_for()
            self.assertIn("of 4 connections", shown.inner_text())
        page.get_by_role("button", name="Show all").click()
        page.locator(".cell.node", has_text="c1").wait_for()
        self.assert_quiet()

    def test_filters(self) -> None:
        """By state, by verdict, by origin, and strays only."""
        page = self.open()
        self.program.tell("lose c3 t3")
        page.locator(".card").wait_for()
        for name, value, text in (
            ("#filter-state", "disconnected", "ClientAPI"),
            ("#filter-verdict", "shared", "stats.report"),
            ("#filter-group", "l2", "/run/chat/control"),
        ):
            page.select_option(name, value)
            self.assert_only(page, text)
            page.get_by_role("button", name="Clear").click()
        page.get_by_label("Only strays").check()
        self.assert_only(page, "stray")
        self.assert_quiet()

    def test_keyboard(self) -> None:
        """All of it without a mouse."""
        page = self.open()
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")  # skip to the graph
        active = page.locator(".cell.active")
        active.wait_for()
        page.keyboard.press("Home")
        self.assertIn("c1", active.inner_text())
        page.keyboard.press("ArrowDown")
        self.assertIn("c2", active.inner_text())
        page.keyboard.press("ArrowRight")
        self.assertIn("t2", active.inner_text())
        page.keyboard.press("ArrowLeft")
        page.keyboard.press("ArrowLeft")
        self.assertIn("127.0.0.1:8000", active.inner_text())
        described = page.locator("#grid").get_attribute("aria-activedescendant")
        self.assertEqual(described, active.get_attribute("id"))
        page.keyboard.press("Enter")
        page.locator("#details-title:focus").wait_for()
        page.keyboard.press("Escape")
        page.locator("#grid:focus").wait_for()
        page.keyboard.press("/")
        page.locator("#search:focus").wait_for()
        self.assert_quiet()

    def test_reader(self) -> None:
        """A screen reader finds landmarks, rows and cells, all of them named."""
        page = self.open()
        tree = page.locator("body").aria_snapshot()
        for part in ("banner", "main", "search", 'grid "The graph', "columnheader"):
            self.assertIn(part, tree)
        self.assertIn("gridcell", tree)
        unnamed = page.evaluate(
            "[...document.querySelectorAll('button, input, select')].filter((each) => !each.hidden && "
            "!(each.textContent.trim() || each.labels?.length || each.ariaLabel)).length"
        )
        self.assertEqual(unnamed, 0)


class LookTests(Case):
    def test_colours(self) -> None:
        """Light and dark by the system's wish, and by the person's."""
        paper = "getComputedStyle(document.body).backgroundColor + getComputedStyle(document.documentElement).backgroundColor"
        light = self.open(color_scheme="light").evaluate(paper)
        page = self.open(color_scheme="dark")
        dark = page.evaluate(paper)
        self.assertNotEqual(light, dark)
        switch = page.locator("#theme")
        switch.click()
        self.assertEqual(page.evaluate(paper), light)
        switch.click()
        self.assertEqual(page.evaluate(paper), dark)
        page.reload()
        self.assertIn("dark", page.locator("#theme").inner_text())

    def test_contrast(self) -> None:
        """Every text can be read against what is behind it (WCAG AA)."""
        for scheme in ("light", "dark"):
            page = self.open(color_scheme=scheme)
            self.program.tell("lose c3 t3" if scheme == "light" else "ask c2")
            page.locator(".card").wait_for()
            page.locator(".cell.node", has_text="c1").first.click()
            page.locator(".events").wait_for()
            self.assertEqual(page.evaluate(CONTRAST), [], scheme)

    def test_reduced_motion(self) -> None:
        """Nothing moves for those who do not want it."""
        page = self.open(reduced_motion="reduce")
        self.program.tell("answer c1")
        running = page.evaluate(
            "document.getAnimations().filter((each) => each.animationName).length"
        )
        self.assertEqual(running, 0)

    def test_narrow(self) -> None:
        """A narrow window shows it without scrolling sideways."""
        page = self.open(viewport={"width": 360, "height": 700})
        width = page.evaluate("document.documentElement.scrollWidth")
        self.assertLessEqual(width, 360)


class CrowdTests(Case):
    def setUp(self) -> None:
        require_browser()
        self.browser = self.enter(chromium())
        self.complaints = []
        self.program = self.enter(contextlib.closing(Program(2_000, 4_000)))

    def test_visible(self) -> None:
        """Of thousands, only what is in sight is there, wherever one scrolls."""
        page = self.open()
        self.assertEqual(page.locator("#count-connections").inner_text(), "2,000")
        rows = "document.querySelectorAll('#tall .line').length"
        self.assertLess(page.evaluate(rows), 60)
        page.evaluate("document.getElementById('grid').scrollTop = 1e6")
        page.locator(".left.port.again").wait_for()
        page.evaluate("document.getElementById('grid').scrollTop = 0")
        self.assertLess(page.evaluate(rows), 80)
        self.assert_quiet()


STATES = """
(() => {
  const status = document.getElementById("status");
  const said = status.dataset;
  said.states = said.state;
  const note = () => { if (!said.states.endsWith(said.state)) said.states += ` ${said.state}`; };
  new MutationObserver(note).observe(status, { attributeFilter: ["data-state"] });
})()
"""
"""Notes what the page says of itself, so that nothing is missed however short it is."""

CONTRAST = """
(() => {
  const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  const rgba = (colour) => {
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = colour;
    canvas.fillRect(0, 0, 1, 1);
    return [...canvas.getImageData(0, 0, 1, 1).data];
  };
  const light = (parts) => {
    const [r, g, b] = parts.map((v) => v / 255).map((v) => (v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const behind = (node) => {
    for (let each = node; each; each = each.parentElement) {
      const colour = rgba(getComputedStyle(each).backgroundColor);
      if (colour[3] === 255) return colour;
    }
    return rgba(getComputedStyle(document.documentElement).backgroundColor);
  };
  const bad = [];
  for (const node of document.querySelectorAll("body *")) {
    const own = [...node.childNodes].some((child) => child.nodeType === 3 && child.data.trim());
    if (!own || !node.checkVisibility({ opacityProperty: true, visibilityProperty: true })) continue;
    if (node.closest(".unseen, .skip, option, noscript")) continue;
    const [a, b] = [light(rgba(getComputedStyle(node).color)), light(behind(node))].sort((x, y) => y - x);
    const ratio = (a + 0.05) / (b + 0.05);
    if (ratio < 4.5) bad.push(`${node.className}: ${node.textContent.slice(0, 30)} ${ratio.toFixed(2)}`);
  }
  return bad;
})()
"""
