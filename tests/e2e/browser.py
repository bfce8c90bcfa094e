"""Headless Chromium from Debian, and what a person does in Superset with it."""

import contextlib
import os
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

from selenium import webdriver
from selenium.webdriver.chrome.options import Options
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.ui import WebDriverWait

CHART = "[data-test='chart-grid-component']"
ERRORS = "[role='alert'], .ant-alert-error, [data-test='error-boundary']"
EMPTY = ".ant-empty"
DRAWN = "canvas, svg, table, .header-line"
LOADING = ".dashboard-chart .loading, .dashboard-chart [data-test='loading-indicator']"


@contextlib.contextmanager
def chromium(profile: Path, *, width: int = 1600, height: int = 1000) -> Iterator[webdriver.Chrome]:
    """A fresh browser; the profile folder is thrown away with the test."""
    options = Options()
    options.binary_location = shutil.which("chromium") or "/usr/bin/chromium"
    for argument in (
        "--headless=new",
        "--disable-gpu",
        "--disable-quic",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--disable-dev-shm-usage",
        "--hide-scrollbars",
        f"--window-size={width},{height}",
        f"--user-data-dir={profile}",
    ):
        options.add_argument(argument)
    if os.geteuid() == 0:
        options.add_argument("--no-sandbox")
    driver = webdriver.Chrome(
        options=options, service=Service(shutil.which("chromedriver") or "/usr/bin/chromedriver")
    )
    try:
        yield driver
    finally:
        driver.quit()


def sign_in(driver: webdriver.Chrome, base: str, username: str, password: str) -> None:
    driver.get(f"{base}/login/")
    wait = WebDriverWait(driver, 60)
    wait.until(lambda d: d.find_elements(By.ID, "username") or d.find_elements(By.NAME, "username"))
    field(driver, "username").send_keys(username)
    field(driver, "password").send_keys(password)
    driver.find_element(By.CSS_SELECTOR, "button[type=submit], input[type=submit]").click()
    wait.until(lambda d: "/login" not in d.current_url)


def field(driver: webdriver.Chrome, name: str) -> WebElement:
    found = driver.find_elements(By.ID, name) or driver.find_elements(By.NAME, name)
    return found[0]


def open_dashboard(
    driver: webdriver.Chrome, base: str, slug: str, *, charts: int, seconds: float = 90
) -> None:
    """Open it at its full height, so that all charts are drawn; wait until none loads."""
    driver.get(f"{base}/superset/dashboard/{slug}/?standalone=0")
    wait = WebDriverWait(driver, seconds)
    wait.until(lambda d: len(d.find_elements(By.CSS_SELECTOR, CHART)) >= charts)
    height = int(
        driver.execute_script(
            "return document.querySelector('.grid-container')?.scrollHeight"
            " || document.body.scrollHeight"
        )
    )
    driver.set_window_size(1600, height + 400)
    quiet_since = time.monotonic()
    end = quiet_since + seconds
    while time.monotonic() < end:
        if driver.find_elements(By.CSS_SELECTOR, LOADING):
            quiet_since = time.monotonic()
        elif time.monotonic() - quiet_since > 2:
            return
        time.sleep(0.2)
    raise AssertionError(f"{slug}: charts still load after {seconds:.0f} s")


def chart_errors(driver: webdriver.Chrome) -> list[str]:
    """What charts show instead of being drawn, each after the chart's title."""
    script = """
        return [...document.querySelectorAll(arguments[0])].flatMap(chart => {
            const body = chart.querySelector('.dashboard-chart');
            const name = chart.dataset.testChartName;
            const errors = [...(body?.querySelectorAll(arguments[1]) ?? [])]
                .map(error => `${name}: ${error.innerText.trim() || 'error without text'}`);
            return body?.querySelector(arguments[2]) ? [...errors, `${name}: empty`] : errors;
        })
    """
    return list(driver.execute_script(script, CHART, ERRORS, EMPTY))


def drawn_charts(driver: webdriver.Chrome) -> int:
    """Charts that show something: a canvas, an SVG, a table or a number."""
    script = """
        return [...document.querySelectorAll(arguments[0])].filter(chart => {
            const body = chart.querySelector('.slice_container');
            return body?.querySelector(arguments[1]) && !body.querySelector(arguments[2]);
        }).length
    """
    return int(driver.execute_script(script, CHART, DRAWN, EMPTY))


def texts(driver: webdriver.Chrome, selector: str) -> list[str]:
    script = "return [...document.querySelectorAll(arguments[0])].map(found => found.innerText)"
    return list(driver.execute_script(script, selector))


def screenshot(driver: webdriver.Chrome, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    driver.save_screenshot(str(path))
