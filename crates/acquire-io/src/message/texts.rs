//! Arguments of setters: one or more strings, an optional string.

/// Any number of strings: the argument of methods such as [`Mail::to`](crate::Mail::to).
///
/// Converts from a string, an array, a `Vec`, a slice or an `Option`.
///
/// ```
/// use acquire_io::{CaseId, ContactId, Mail};
///
/// let copies = vec!["bob@example.com".to_owned(), "cy@example.com".to_owned()];
/// let mail = Mail::new(CaseId(575), ContactId(597632)).to("ann@example.com").cc(copies);
/// assert_eq!(mail.get_to(), ["ann@example.com"]);
/// ```
#[derive(Clone, Debug, Default)]
pub struct Texts(pub(crate) Vec<String>);

impl From<&str> for Texts {
    fn from(text: &str) -> Self {
        Self(vec![text.to_owned()])
    }
}

impl From<String> for Texts {
    fn from(text: String) -> Self {
        Self(vec![text])
    }
}

impl From<&String> for Texts {
    fn from(text: &String) -> Self {
        Self(vec![text.clone()])
    }
}

impl<T: Into<String>> From<Vec<T>> for Texts {
    fn from(texts: Vec<T>) -> Self {
        texts.into_iter().collect()
    }
}

impl<T: Into<String>, const N: usize> From<[T; N]> for Texts {
    fn from(texts: [T; N]) -> Self {
        texts.into_iter().collect()
    }
}

impl<T: AsRef<str>> From<&[T]> for Texts {
    fn from(texts: &[T]) -> Self {
        texts.iter().map(AsRef::as_ref).collect()
    }
}

impl<T: AsRef<str>> From<&Vec<T>> for Texts {
    fn from(texts: &Vec<T>) -> Self {
        texts.as_slice().into()
    }
}

impl<T: Into<String>> From<Option<T>> for Texts {
    fn from(text: Option<T>) -> Self {
        text.into_iter().collect()
    }
}

impl<T: Into<String>> FromIterator<T> for Texts {
    fn from_iter<I: IntoIterator<Item = T>>(texts: I) -> Self {
        Self(texts.into_iter().map(Into::into).collect())
    }
}

/// An optional string: the argument of methods such as [`Sms::title`](crate::Sms::title). Converts from a string or an
/// `Option`, so that an optional value needs no `if`.
///
/// ```
/// use acquire_io::{CaseId, Chat};
///
/// let language: Option<&str> = None;
/// let chat = Chat::new(CaseId(28)).text("Hey").translate_lang_key(language);
/// assert_eq!(chat, Chat::new(CaseId(28)).text("Hey"));
/// ```
#[derive(Clone, Debug, Default)]
pub struct OptionalText(pub(crate) Option<String>);

impl From<&str> for OptionalText {
    fn from(text: &str) -> Self {
        Self(Some(text.to_owned()))
    }
}

impl From<String> for OptionalText {
    fn from(text: String) -> Self {
        Self(Some(text))
    }
}

impl From<&String> for OptionalText {
    fn from(text: &String) -> Self {
        Self(Some(text.clone()))
    }
}

impl<T: Into<String>> From<Option<T>> for OptionalText {
    fn from(text: Option<T>) -> Self {
        Self(text.map(Into::into))
    }
}
