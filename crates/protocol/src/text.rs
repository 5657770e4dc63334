//! What a piece of text must look like. Both sides check with the same functions: the client to advise, the server to decide.

use crate::limits;
use crate::problem::FieldError;

/// Folds case and checks a username: 3–32 of `a-z 0-9 _ . -`.
///
/// # Errors
/// A field error `too_short`, `too_long` or `invalid_characters`, for the field `username`.
pub fn username(text: &str) -> Result<String, FieldError> {
    let folded = text.to_ascii_lowercase();
    let allowed = |c: char| matches!(c, 'a'..='z' | '0'..='9' | '_' | '.' | '-');
    let length = folded.chars().count();
    if length < limits::USERNAME_MIN {
        return Err(too_short("username", limits::USERNAME_MIN));
    }
    if length > limits::USERNAME_MAX {
        return Err(too_long("username", limits::USERNAME_MAX));
    }
    if !folded.chars().all(allowed) {
        return Err(FieldError::new("username", "invalid_characters", "letters a-z, digits, and _ . - only"));
    }
    Ok(folded)
}

/// Checks a password's length; how predictable it is, the server judges besides.
///
/// # Errors
/// A field error `too_short` or `too_long`, for the named field.
pub fn password(field: &'static str, text: &str) -> Result<(), FieldError> {
    let length = text.chars().count();
    if length < limits::PASSWORD_MIN {
        return Err(too_short(field, limits::PASSWORD_MIN));
    }
    if length > limits::PASSWORD_MAX {
        return Err(too_long(field, limits::PASSWORD_MAX));
    }
    Ok(())
}

/// Trims and checks a name that people see: a display name, a device's name, a title.
///
/// # Errors
/// A field error `too_short`, `too_long` or `invalid_characters`, for the named field.
pub fn name(field: &'static str, text: &str, max: usize) -> Result<String, FieldError> {
    let trimmed = text.trim();
    if !trimmed.chars().any(is_visible) {
        return Err(too_short(field, 1));
    }
    if trimmed.chars().count() > max {
        return Err(too_long(field, max));
    }
    if trimmed.chars().any(is_deceptive) {
        return Err(FieldError::new(
            field,
            "invalid_characters",
            "control and direction-changing characters are not allowed in a name",
        ));
    }
    Ok(trimmed.to_owned())
}

/// Checks a message's body, which is kept as it was sent.
///
/// # Errors
/// A field error `too_short`, `too_long` or `invalid_characters` (NUL, which PostgreSQL cannot store), for `body`.
pub fn body(text: &str) -> Result<(), FieldError> {
    if !text.chars().any(is_visible) {
        return Err(FieldError::new("body", "too_short", "at least 1 character that is not white space"));
    }
    if text.chars().count() > limits::BODY_MAX {
        return Err(too_long("body", limits::BODY_MAX));
    }
    if text.contains('\0') {
        return Err(FieldError::new("body", "invalid_characters", "the character NUL is not allowed"));
    }
    Ok(())
}

fn is_visible(c: char) -> bool {
    !c.is_whitespace() && !c.is_control() && !is_invisible(c)
}

/// Zero-width characters and other marks without a shape of their own.
fn is_invisible(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{115f}' | '\u{1160}' | '\u{2800}' | '\u{3164}' | '\u{ffa0}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

/// Characters that make a name look like another one: controls, line breaks and bidirectional overrides.
fn is_deceptive(c: char) -> bool {
    c.is_control()
        || matches!(
            c,
            '\u{61c}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}'
        )
}

fn too_short(field: &'static str, min: usize) -> FieldError {
    let unit = if min == 1 { "character" } else { "characters" };
    FieldError::new(field, "too_short", format!("at least {min} {unit}"))
}

fn too_long(field: &'static str, max: usize) -> FieldError {
    FieldError::new(field, "too_long", format!("at most {max} characters"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_username_folds_case_and_refuses_what_could_be_mistaken() {
        assert_eq!(username("Ana.Luz-9_").unwrap(), "ana.luz-9_");
        for (text, code) in [
            ("ab", "too_short"),
            (&"a".repeat(33) as &str, "too_long"),
            ("ana luz", "invalid_characters"),
            ("análisis", "invalid_characters"),
            ("ana\0luz", "invalid_characters"),
        ] {
            assert_eq!(username(text).unwrap_err().code, code, "{text:?}");
        }
    }

    #[test]
    fn a_name_may_be_in_any_script_but_not_deceive() {
        assert_eq!(name("display_name", "  Ána Ünï 星 ", 64).unwrap(), "Ána Ünï 星");
        for text in ["ana\u{202e}gpj", "a\nb", "a\0b", "a\u{200b}na"] {
            assert_eq!(name("display_name", text, 64).unwrap_err().code, "invalid_characters", "{text:?}");
        }
        for text in ["", "   ", "\u{200b}\u{200d}"] {
            assert_eq!(name("display_name", text, 64).unwrap_err().code, "too_short", "{text:?}");
        }
    }

    #[test]
    fn a_body_keeps_everything_but_nul() {
        for text in ["<b>hi</b>", "  spaced  ", "👩‍👩‍👧", "\u{202e}rtl", "a\nb"] {
            body(text).unwrap();
        }
        assert_eq!(body(" \n\t\u{200b}").unwrap_err().code, "too_short");
        assert_eq!(body("a\0b").unwrap_err().code, "invalid_characters");
        body(&"星".repeat(8_000)).unwrap();
        assert_eq!(body(&"星".repeat(8_001)).unwrap_err().code, "too_long");
    }
}
