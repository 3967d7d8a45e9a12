//! Templates: texts that contain columns of a row.

use std::fmt;
use std::io;

use minijinja::value::{Kwargs, Value};
use minijinja::{AutoEscape, Environment, ErrorKind, UndefinedBehavior, filters, tests};

/// The longest text that a template makes, in bytes. No message is as long.
const LONGEST: usize = 1 << 20;
/// The longest template, in bytes.
const LONGEST_TEMPLATE: usize = 256 << 10;
/// How many instructions a template may need for a row.
const FUEL: u64 = 100_000;

/// The kind of text that a template makes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Text,
    /// Values are escaped.
    Html,
}

/// A template, compiled.
pub(crate) struct Template {
    environment: Environment<'static>,
    /// The names of its variables, sorted.
    variables: Vec<String>,
}

/// What is wrong with a template. Contains no value.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct TemplateError {
    /// The line of the template, from 1.
    line: Option<usize>,
    problem: String,
    /// The empty variable.
    variable: Option<String>,
}

impl fmt::Display for TemplateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            Some(line) => write!(f, "line {line}: {}", self.problem),
            None => f.write_str(&self.problem),
        }
    }
}

impl TemplateError {
    fn new(line: Option<usize>, problem: impl Into<String>) -> Self {
        Self {
            line,
            problem: problem.into(),
            variable: None,
        }
    }

    /// The problem, followed by its place.
    pub(crate) fn with_name(&self, template: &str) -> String {
        match self.line {
            Some(line) => format!("{} ({template}, line {line})", self.problem),
            None => format!("{} ({template})", self.problem),
        }
    }

    /// The variable that it is about, if it is about one.
    pub(crate) fn variable(&self) -> Option<&str> {
        self.variable.as_deref()
    }
}

const NAME: &str = "template";

impl Template {
    pub(crate) fn new(source: &str, kind: Kind) -> Result<Self, TemplateError> {
        if source.len() > LONGEST_TEMPLATE {
            let problem = format!("it is longer than {LONGEST_TEMPLATE} bytes");
            return Err(TemplateError::new(None, problem));
        }
        check_statements(source)?;
        let mut environment = environment(kind);
        let added = environment.add_template_owned(NAME, source.to_owned());
        added.map_err(|error| {
            let problem = match error.detail() {
                Some(detail) => format!("{}: {detail}", error.kind()),
                None => error.kind().to_string(),
            };
            TemplateError::new(error.line(), problem)
        })?;
        let mut variables: Vec<_> = match environment.get_template(NAME) {
            Ok(template) => template.undeclared_variables(false).into_iter().collect(),
            Err(_) => Vec::new(),
        };
        variables.sort_unstable();
        Ok(Self {
            environment,
            variables,
        })
    }

    pub(crate) fn variables(&self) -> &[String] {
        &self.variables
    }

    /// The first line with a variable, from 1.
    pub(crate) fn line_of(&self, variable: &str) -> Option<usize> {
        let template = self.environment.get_template(NAME).ok()?;
        let mut lines = (1..).zip(template.source().lines());
        lines
            .find(|(_, line)| last_word(line, variable).is_some())
            .map(|(number, _)| number)
    }

    /// The text for a row. `value` returns what a variable is, None or an empty text for one that has no value.
    pub(crate) fn render<'v>(
        &self,
        mut value: impl FnMut(&str) -> Option<&'v str>,
    ) -> Result<String, TemplateError> {
        let mut empty = Vec::new();
        let mut values = Vec::new();
        for name in &self.variables {
            match value(name).filter(|value| !value.trim().is_empty()) {
                Some(value) => values.push((name.as_str(), Value::from(value))),
                None => empty.push(name.as_str()),
            }
        }
        let mut text = Bounded(Vec::new());
        let rendered = self.environment.get_template(NAME).and_then(|template| {
            let captured = template.render_captured_to(Kwargs::from_iter(values), &mut text);
            captured.map(drop)
        });
        match rendered {
            Ok(()) => {
                String::from_utf8(text.0).map_err(|_| TemplateError::new(None, "it makes no UTF-8"))
            }
            Err(error) => Err(of_row(&error, &empty)),
        }
    }
}

/// Filters and conditions, but no loops: rendering ends, and a text is not much longer than its template and values.
fn environment(kind: Kind) -> Environment<'static> {
    let mut environment = Environment::empty();
    environment.set_auto_escape_callback(move |_| match kind {
        Kind::Text => AutoEscape::None,
        Kind::Html => AutoEscape::Html,
    });
    // A template may test an empty value, but not print it.
    environment.set_undefined_behavior(UndefinedBehavior::SemiStrict);
    environment.set_fuel(Some(FUEL));
    // For the place of an error.
    environment.set_debug(true);
    environment.add_filter("default", filters::default);
    environment.add_filter("d", filters::default);
    environment.add_filter("upper", filters::upper);
    environment.add_filter("lower", filters::lower);
    environment.add_filter("title", filters::title);
    environment.add_filter("capitalize", filters::capitalize);
    environment.add_filter("trim", filters::trim);
    environment.add_filter("escape", filters::escape);
    environment.add_filter("e", filters::escape);
    environment.add_filter("safe", filters::safe);
    environment.add_filter("length", filters::length);
    environment.add_filter("int", filters::int);
    environment.add_filter("float", filters::float);
    environment.add_filter("round", filters::round);
    environment.add_filter("replace", replace);
    environment.add_test("defined", tests::is_defined);
    environment.add_test("undefined", tests::is_undefined);
    environment.add_test("startingwith", tests::is_startingwith);
    environment.add_test("endingwith", tests::is_endingwith);
    environment.add_test("in", tests::is_in);
    environment
}

/// The filter `replace`, with a limit: several in a row could make a text of any length.
fn replace(text: &str, from: &str, to: &str) -> Result<String, minijinja::Error> {
    let longest = match from.is_empty() {
        true => (text.len() + 1)
            .saturating_mul(to.len())
            .saturating_add(text.len()),
        false => (text.len() / from.len())
            .saturating_mul(to.len())
            .saturating_add(text.len()),
    };
    match longest > LONGEST {
        true => Err(minijinja::Error::new(
            ErrorKind::InvalidOperation,
            "too long",
        )),
        false => Ok(text.replace(from, to)),
    }
}

/// # Errors
/// When a template has a statement other than `if` and `raw`.
fn check_statements(source: &str) -> Result<(), TemplateError> {
    const KNOWN: [&str; 6] = ["if", "elif", "else", "endif", "raw", "endraw"];

    for (place, _) in source.match_indices("{%") {
        let after = source.get(place + 2..).unwrap_or_default();
        let after = after.trim_start_matches(['-', '+']).trim_start();
        let name: String = after
            .chars()
            .take_while(|c| c.is_alphanumeric() || *c == '_')
            .collect();
        if !name.is_empty() && !KNOWN.contains(&name.as_str()) {
            let line = source
                .get(..place)
                .unwrap_or_default()
                .matches('\n')
                .count()
                + 1;
            let name: String = name.chars().take(20).collect();
            return Err(TemplateError::new(
                Some(line),
                format!(
                    "{{% {name} %}} isn't supported: a template has variables, filters and {{% if %}}"
                ),
            ));
        }
    }
    Ok(())
}

/// An error about a row. The details of minijinja's error may contain values.
fn of_row(error: &minijinja::Error, empty: &[&str]) -> TemplateError {
    let place = error.range().zip(error.template_source());
    // The empty variable is the last one before the end of the part that failed.
    let nearest = place.as_ref().and_then(|(range, source)| {
        let before = source.get(..range.end)?;
        let places = empty
            .iter()
            .filter_map(|name| Some((last_word(before, name)?, *name)));
        places.max()
    });
    let problem = match (error.kind(), nearest) {
        (ErrorKind::OutOfFuel, _) => "it takes too many steps".to_owned(),
        (ErrorKind::WriteFailure, _) => format!("it makes a text of more than {LONGEST} bytes"),
        (ErrorKind::UndefinedError, Some((_, name))) => {
            format!("`{name}` is empty: fill it in, or write {{{{ {name} | default(\"...\") }}}}")
        }
        (kind, _) => match place.and_then(|(range, source)| source.get(range)) {
            Some(place) if place.chars().count() <= 60 => format!("{kind} at `{}`", place.trim()),
            _ => kind.to_string(),
        },
    };
    let variable = nearest.filter(|_| error.kind() == ErrorKind::UndefinedError);
    TemplateError {
        line: error.line(),
        problem,
        variable: variable.map(|(_, name)| name.to_owned()),
    }
}

/// The last place of a word in a text, not inside a longer word.
fn last_word(text: &str, word: &str) -> Option<usize> {
    let is_part = |c: char| c.is_alphanumeric() || c == '_';
    let mut places = text.rmatch_indices(word).map(|(start, _)| start);
    places.find(|start| {
        let before = text
            .get(..*start)
            .and_then(|before| before.chars().next_back());
        let after = text
            .get(start + word.len()..)
            .and_then(|after| after.chars().next());
        !before.is_some_and(is_part) && !after.is_some_and(is_part)
    })
}

/// A text of limited length.
struct Bounded(Vec<u8>);

impl io::Write for Bounded {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.0.len() + bytes.len() > LONGEST {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        self.0.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod unit_tests {
    use super::*;

    fn render(source: &str, kind: Kind, values: &[(&str, &str)]) -> Result<String, String> {
        let template = Template::new(source, kind).map_err(|error| error.to_string())?;
        let value = |name: &str| {
            let mut values = values.iter().filter(|(other, _)| *other == name);
            values.next().map(|(_, value)| *value)
        };
        template.render(value).map_err(|error| error.to_string())
    }

    fn text(source: &str, values: &[(&str, &str)]) -> Result<String, String> {
        render(source, Kind::Text, values)
    }

    #[test]
    fn values_are_printed_as_they_are() {
        let values = [("name", "Ann <b> & {{ 7 }}"), ("sum", "0012.50")];
        assert_eq!(
            text("Hi {{ name }}: {{sum}}\n", &values).unwrap(),
            "Hi Ann <b> & {{ 7 }}: 0012.50"
        );
        assert_eq!(
            render("<p>{{ name }}</p>", Kind::Html, &values).unwrap(),
            "<p>Ann &lt;b&gt; &amp; {{ 7 }}</p>"
        );
        let quoted = [("url", "\" onclick='x")];
        let html = render("<a href=\"{{ url }}\">", Kind::Html, &quoted).unwrap();
        assert_eq!(html, "<a href=\"&quot; onclick=&#x27;x\">");
        assert_eq!(
            render("{{ name | safe }}", Kind::Html, &values).unwrap(),
            values[0].1
        );
    }

    #[test]
    fn filters_and_conditions() {
        let values = [("name", "ANN lee"), ("firm", ""), ("sum", "12.345")];
        for (source, expected) in [
            ("{{ name | lower | title }}", "Ann Lee"),
            ("{{ firm | default('customer') }}", "customer"),
            ("{{ firm or name }}", "ANN lee"),
            ("{% if firm %}{{ firm }}{% else %}-{% endif %}", "-"),
            (
                "{% if name == 'ANN lee' %}1{% elif firm %}2{% endif %}",
                "1",
            ),
            ("{{ sum | float | round(1) }}", "12.3"),
            ("{{ sum | replace('.', ',') }}", "12,345"),
            ("{% if firm is defined %}1{% endif %}", ""),
            ("{% raw %}{{ x }}{% endraw %}{# comment #}", "{{ x }}"),
            ("{{ name ~ '!' }}", "ANN lee!"),
        ] {
            assert_eq!(text(source, &values).as_deref(), Ok(expected), "{source}");
        }
    }

    #[test]
    fn an_empty_variable_is_an_error_with_its_name_and_line() {
        let values = [("name", "Ann"), ("last_name", "  "), ("firm", "")];
        for source in [
            "Hi {{ name }},\nMs {{ last_name }}",
            "Hi\n{{ last_name | upper }}",
            "Hi\n{{ firm | default('x') }} {{ last_name | upper }} {{ firm | default('x') }}",
            "Hi\n{{ name }} {{ 'x' ~ last_name }}",
            "Hi\n{{ last_name.first }}",
            "Hi\n{% if name == last_name ~ 'x' %}{% endif %}",
        ] {
            let found = text(source, &values).unwrap_err();
            assert!(
                found.starts_with("line 2: `last_name` is empty"),
                "{source}: {found}"
            );
        }
    }

    #[test]
    fn a_wrong_template_is_an_error_with_its_line() {
        for (source, expected) in [
            ("a\n{{ name", "line 2: syntax error"),
            ("a\n{{ name }", "line 2: syntax error"),
            ("a\n{{ first name }}", "line 2: syntax error"),
            ("a\n\n{{ name | shout }}", "line 3: unknown filter"),
            ("a\n{% if name is odd %}{% endif %}", "line 2: unknown test"),
            ("a\n{% if name %}", "line 2: syntax error"),
            (
                "a\n{% for c in name %}{% endfor %}",
                "line 2: {% for %} isn't supported",
            ),
            ("{%- set a = name %}", "line 1: {% set %} isn't supported"),
            (
                "{% macro x() %}{% endmacro %}",
                "line 1: {% macro %} isn't supported",
            ),
            ("{% include 'x' %}", "line 1: {% include %} isn't supported"),
            ("{{ name() }}", "line 1: "),
            ("{{ name.x() }}", "line 1: "),
            ("{{ range(10) }}", "line 1: "),
        ] {
            let found = text(source, &[("name", "secret")]).unwrap_err();
            assert!(found.starts_with(expected), "{source}: {found}");
            assert!(!found.contains("secret"), "{source}: {found}");
        }
    }

    #[test]
    fn a_value_that_a_filter_refuses_is_not_quoted() {
        let found = text("{{ sum | int }}", &[("sum", "secret")]).unwrap_err();
        assert_eq!(found, "line 1: invalid operation at `int`");
    }

    #[test]
    fn a_text_has_a_bound() {
        let long = "a".repeat(2000);
        let values = [("a", long.as_str())];
        for source in [
            "{{ a * 100000000 }}",
            "{{ a | replace('a', a) | replace('a', a) | replace('a', a) }}",
            "{{ a | replace('', a) | replace('', a) }}",
            &"{{ a }}".repeat(600),
            &"{{ a ~ a ~ a }}".repeat(10_000),
        ] {
            assert!(text(source, &values).is_err(), "{}", &source[..20]);
        }
        let nested = format!("{}a{}", "{{ (", "(".repeat(10_000));
        assert!(text(&nested, &values).is_err());
        assert!(Template::new(&"a".repeat(LONGEST_TEMPLATE + 1), Kind::Text).is_err());
    }

    #[test]
    fn variables_are_known_with_their_lines() {
        let template = Template::new("{{ b }}\n{% if names %}{{ name }}{% endif %}", Kind::Text);
        let template = template.unwrap();
        assert_eq!(template.variables(), ["b", "name", "names"]);
        assert_eq!(template.line_of("name"), Some(2));
        assert_eq!(template.line_of("other"), None);
    }
}
