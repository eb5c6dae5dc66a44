//! The window without a mouse, with large text, and for a screen reader.

use std::collections::BTreeSet;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use presently_world::webdriver::{Window, key};
use presently_world::{Synapse, World};
use serde_json::Value;

use crate::scene::settings;
use crate::window_views::{VIEWS, scene_with_window};

/// All that can be clicked is reached by the tabulator key, and seen then: it
/// has an outline, and nothing lies over it (WCAG 2.4.7 and 2.4.11).
#[tokio::test]
async fn everything_is_reached_by_keyboard() -> Result<()> {
    let (scene, window) = scene_with_window().await?;
    let (other, _) = Synapse::plain().await?.person_and_colleague().await?;
    scene.world.sign_in(&other).await?;
    scene.say(&["busy", "--for", "1h", "--message", "Reviewing the release"]).await?;
    window.says("#seen li:nth-child(2)", "Reviewing the release").await?;
    // No window manager gives the window the focus here.
    let title = ["search", "--onlyvisible", "--name", "^Presently$"];
    scene.world.display()?.xdotool(&[&title[..], &["windowfocus", "--sync"]].concat()).await?;
    let focused = "new Promise((done) => {
        if (document.hasFocus()) done(null);
        addEventListener('focus', () => done(null));
    })";
    window.resolve(focused).await?;
    for view in VIEWS {
        window.click(&format!("#tab-{view}")).await?;
        if view == "settings" {
            // The settings have been read, and the lists have their entries.
            window.until("document.querySelector(\"[data-key='language']\").value !== ''").await?;
        }
        window.evaluate(NUMBER_STOPS).await?;
        let wanted = window.evaluate("window.stops.length").await?.as_u64().context("a number")?;
        ensure!(wanted > 0, "{view} has nothing to reach");
        window.evaluate(&format!("document.querySelector('#tab-{view}').focus()")).await?;
        let mut reached = BTreeSet::new();
        for _ in 0..wanted {
            window.press(key::TAB).await?;
            let mut stop = window.evaluate(FOCUSED_STOP).await?;
            // The page may still be on its way to it, and does not tell when it
            // is there.
            for _ in 0..40 {
                if stop["hidden"].is_null() {
                    break;
                }
                tokio::time::sleep(Duration::from_millis(50)).await;
                stop = window.evaluate(FOCUSED_STOP).await?;
            }
            ensure!(stop["hidden"].is_null(), "{view}: {stop}");
            reached.extend(stop["number"].as_u64());
        }
        let missing: Vec<u64> = (0..wanted).filter(|stop| !reached.contains(stop)).collect();
        let missing = format!("{missing:?}.map((stop) => window.stops[stop].outerHTML)");
        let missing: Value = window.evaluate(&missing).await?;
        ensure!(missing == serde_json::json!([]), "{view}: never reached: {missing:#}");
    }
    Ok(())
}

/// Opens what can be opened, but not what lies over the page and closes when the
/// focus leaves it, and lists all that can be clicked: of the radio
/// buttons of a group the one that is chosen, of the tabs none.
const NUMBER_STOPS: &str = "(() => {
    document.querySelectorAll('details:not(#recent)').forEach((it) => { it.open = true; });
    const all = document.querySelectorAll(
        'main :is(a[href], button, input, select, textarea, summary)');
    window.stops = [...all].filter((it) =>
        it.checkVisibility() && !it.disabled && (it.type !== 'radio' || it.checked));
})()";

/// The number of what has the focus, and how it is hidden if it is.
const FOCUSED_STOP: &str = "(() => {
    const it = document.activeElement;
    const number = window.stops.indexOf(it);
    const shown = it.matches('[type=radio], [type=checkbox]') ? it.closest('label') : it;
    const { left, top, width, height } = it.getBoundingClientRect();
    const over = document.elementFromPoint(left + width / 2, top + height / 2);
    const style = getComputedStyle(it);
    const outlined = style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) > 0;
    const covered = over === null || !(shown.contains(over) || over.contains(shown));
    const why = covered ? 'covered by ' + over?.outerHTML?.slice(0, 99)
        : outlined ? null : 'no outline';
    return {
        number: number < 0 ? null : number,
        hidden: number < 0 || why === null ? null : why + ': ' + it.outerHTML.slice(0, 200),
    };
})()";

/// Checks WCAG 2.2 AA as far as axe-core can, and the contrast of AAA where the
/// desktop asks for more of it: <https://github.com/dequelabs/axe-core>.
#[tokio::test]
async fn every_view_is_accessible() -> Result<()> {
    let axe = concat!(env!("CARGO_MANIFEST_DIR"), "/ui/node_modules/axe-core/axe.min.js");
    let axe = std::fs::read_to_string(axe).context("run `npm ci --prefix ui`")?;
    let person = Synapse::busy().await?.person_and_colleague().await?.0;
    let other = Synapse::plain().await?.person_and_colleague().await?.0;
    for (language, theme) in [
        ("en", "Adwaita"),
        ("de", "Adwaita:dark"),
        ("de", "Adwaita"),
        ("en", "Adwaita:dark"),
        ("en", "HighContrast"),
        ("de", "HighContrast:dark"),
    ] {
        let mut world = World::new()?;
        world.add_display().await?;
        world.add_bus().await?;
        world.set_env("GTK_THEME", theme);
        world.write_settings(&format!("language = \"{language}\"\n{}", settings("5m")))?;
        let agent = world.agent().await?;
        let window = Window::open(&world).await?;
        window.shows("#welcome").await?;
        let axe = format!("(() => {{ {axe}\n return typeof window.axe; }})()");
        ensure!(window.evaluate(&axe).await? == "object", "axe is not there");
        for (feature, sign) in [("color-scheme: dark", ":dark"), ("contrast: more", "Contrast")] {
            let is_on = format!("matchMedia('(prefers-{feature})').matches");
            ensure!(window.evaluate(&is_on).await? == theme.contains(sign), "{theme}: {feature}");
        }
        check(&window, &format!("welcome, {language}, {theme}")).await?;
        world.sign_in(&person).await?;
        world.sign_in(&other).await?;
        world.presently(&["busy", "--message", "Hello"]).await?;
        window.says("#seen li:nth-child(2)", "Hello").await?;
        for view in VIEWS {
            window.click(&format!("#tab-{view}")).await?;
            if view == "settings" {
                window
                    .until("document.querySelector(\"[data-key='language']\").value !== ''")
                    .await?;
                window.click("#doctor-run").await?;
                window.shows("#doctor").await?;
            }
            // What can be opened is looked at, too.
            window
                .evaluate(
                    "document.querySelectorAll('details').forEach((it) => { it.open = true; })",
                )
                .await?;
            check(&window, &format!("{view}, {language}, {theme}")).await?;
        }
        window.click("#tab-status").await?;
        window.click("#emoji-open").await?;
        window.shows("#emoji-groups section:nth-child(9)").await?;
        check(&window, &format!("emoji, {language}, {theme}")).await?;
        window.close().await?;
        agent.terminate().await?;
    }
    Ok(())
}

async fn check(window: &Window, place: &str) -> Result<()> {
    // What is scrolled below the tabs is covered by them.
    window.evaluate("scrollTo(0, 0)").await?;
    let found = window
        .resolve(
            "axe.run(document, {
                 runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'],
                 rules: {'color-contrast-enhanced': {
                     enabled: matchMedia('(prefers-contrast: more)').matches,
                 }},
                 resultTypes: ['violations'],
             }).then(({violations, passes}) => ({
                 passed: passes.length,
                 violations: violations.map(({id, nodes}) =>
                     `${id}: ${nodes.map(({html, failureSummary}) => `${html} ${failureSummary}`).join('; ')}`),
             }))",
        )
        .await?;
    let violations = found["violations"].as_array().with_context(|| format!("{found}"))?;
    ensure!(violations.is_empty(), "{place}: {violations:#?}");
    ensure!(found["passed"].as_u64() > Some(10), "{place}: nothing was looked at: {found}");
    Ok(())
}

/// Twice as large, the window is as narrow as a telephone.
#[tokio::test]
async fn large_text_needs_no_horizontal_scrolling() -> Result<()> {
    let (_scene, window) = scene_with_window().await?;
    window.shows("#tab-now").await?;
    let key = |key: &str| {
        format!("dispatchEvent(new KeyboardEvent('keydown', {{key: '{key}', ctrlKey: true}}))")
    };
    for _ in 0..8 {
        window.evaluate(&key("+")).await?;
    }
    let zoom = "document.documentElement.style.zoom";
    ensure!(window.evaluate(zoom).await? == "200%");
    for view in VIEWS {
        window.evaluate(&format!("document.querySelector('#tab-{view}').click()")).await?;
        window.shows(&format!("#view-{view}")).await?;
        window.painted().await?;
        // What stands out, if the view is wider than the window.
        let wide = "(() => {
            const {scrollWidth, clientWidth} = document.scrollingElement;
            if (scrollWidth <= clientWidth) return null;
            const all = [...document.querySelectorAll('main *')];
            // In pixels of the page, which are twice as large as the window's.
            return all.filter((it) => it.getBoundingClientRect().right * 2 > clientWidth)
                .map((it) => it.outerHTML.slice(0, 80));
        })()";
        let wide = window.evaluate(wide).await?;
        ensure!(wide.is_null(), "{view} is wider than the window: {wide}");
    }
    window.evaluate(&key("0")).await?;
    ensure!(window.evaluate(zoom).await? == "100%");
    Ok(())
}
