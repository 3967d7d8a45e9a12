//! Times as PostgreSQL sends them, and columns of its answers.

use std::error::Error as StdError;

use tokio_postgres::Row;
use tokio_postgres::types::{
    FromSql, IsNull, ToSql, Type, accepts, private::BytesMut, to_sql_checked,
};

use super::error::SqlError;
use crate::time::Time;
use crate::transition::State;

/// PostgreSQL's epoch, the beginning of 2000, in milliseconds since 1970.
const EPOCH: i64 = 946_684_800_000;
/// The first and the last milliseconds that a `timestamptz` holds, since its epoch. Beyond is infinity.
const FIRST: i64 = -211_813_488_000_000;
const LAST: i64 = 9_223_371_331_199_999;

impl ToSql for Time {
    fn to_sql(
        &self,
        _: &Type,
        to: &mut BytesMut,
    ) -> Result<IsNull, Box<dyn StdError + Sync + Send>> {
        let since = self.0.saturating_sub(EPOCH);
        let microseconds = match since {
            ..FIRST => i64::MIN,
            FIRST..=LAST => since * 1000,
            _ => i64::MAX,
        };
        microseconds.to_sql(&Type::INT8, to)
    }

    accepts!(TIMESTAMPTZ);
    to_sql_checked!();
}

impl<'a> FromSql<'a> for Time {
    fn from_sql(_: &Type, raw: &'a [u8]) -> Result<Self, Box<dyn StdError + Sync + Send>> {
        Ok(match i64::from_sql(&Type::INT8, raw)? {
            i64::MIN => Self(i64::MIN),
            i64::MAX => Self(i64::MAX),
            microseconds => Self(microseconds.div_euclid(1000).saturating_add(EPOCH)),
        })
    }

    accepts!(TIMESTAMPTZ);
}

/// A column that holds a state.
pub(super) fn state(row: &Row, column: usize) -> Result<State, SqlError> {
    let name: &str = row.try_get(column)?;
    name.parse()
        .map_err(|_| SqlError::Unexpected("a state that there is not"))
}

/// A column that holds a number which is never negative.
pub(super) fn count(row: &Row, column: usize) -> Result<u64, SqlError> {
    let number: i64 = row.try_get(column)?;
    Ok(u64::try_from(number).unwrap_or_default())
}

pub(super) fn number(row: &Row, column: usize) -> Result<u32, SqlError> {
    let number: i32 = row.try_get(column)?;
    Ok(u32::try_from(number).unwrap_or_default())
}

pub(super) fn status(row: &Row, column: usize) -> Result<Option<u16>, SqlError> {
    let status: Option<i16> = row.try_get(column)?;
    Ok(status.and_then(|status| u16::try_from(status).ok()))
}

/// A number of 32 bits without a sign, in a column of 32 bits with one.
pub(super) fn int(number: u32) -> i32 {
    i32::try_from(number).unwrap_or(i32::MAX)
}

pub(super) fn smallint(status: Option<u16>) -> Option<i16> {
    status.and_then(|status| i16::try_from(status).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_come_back_as_they_were() {
        for time in [0, 1, -1, EPOCH, 1_800_000_000_123, i64::MAX] {
            let mut bytes = BytesMut::new();
            Time(time).to_sql(&Type::TIMESTAMPTZ, &mut bytes).unwrap();
            let read = Time::from_sql(&Type::TIMESTAMPTZ, &bytes).unwrap();
            assert_eq!(read, Time(time));
        }
    }

    #[test]
    fn times_out_of_range_become_infinite() {
        for (time, expected) in [
            (i64::MAX - 1, i64::MAX),
            (i64::MIN, i64::MIN),
            (LAST + EPOCH + 1, i64::MAX),
        ] {
            let mut bytes = BytesMut::new();
            Time(time).to_sql(&Type::TIMESTAMPTZ, &mut bytes).unwrap();
            assert_eq!(bytes.as_ref(), expected.to_be_bytes());
        }
    }
}
