//! Lists of which most values follow from the one before: these take no memory.

/// A value that says which ones come after it.
pub(crate) trait Steps: Copy + PartialEq {
    /// The one that many steps later.
    fn after(self, steps: u32) -> Self;
}

/// Values in their order, as runs: the first of each, and how many there are.
#[derive(Debug)]
pub(crate) struct Runs<T>(Vec<(T, u32)>);

impl<T> Default for Runs<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T: Steps> Runs<T> {
    pub(crate) fn push(&mut self, value: T) {
        if let Some((first, count)) = self.0.last_mut()
            && first.after(*count) == value
            && let Some(more) = count.checked_add(1)
        {
            *count = more;
            return;
        }
        self.0.push((value, 1));
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = T> {
        let values = |(first, count): &(T, u32)| {
            let first = *first;
            (0..*count).map(move |steps| first.after(steps))
        };
        self.0.iter().flat_map(values)
    }

    /// Orders the runs by their first values.
    pub(crate) fn sort_by_key<K: Ord>(&mut self, key: impl Fn(T) -> K) {
        self.0.sort_unstable_by_key(|(first, _)| key(*first));
    }

    /// Of runs that are ordered by a number: the value that many steps after the last one whose number is at most this.
    pub(crate) fn find(&self, number: i64, of: impl Fn(T) -> i64) -> Option<T> {
        let after = self.0.partition_point(|(first, _)| of(*first) <= number);
        let (first, count) = self.0.get(after.checked_sub(1)?)?;
        let steps = u32::try_from(number.checked_sub(of(*first))?).ok()?;
        (steps < *count).then(|| first.after(steps))
    }
}

#[cfg(test)]
impl<T: Steps, const N: usize> PartialEq<[T; N]> for Runs<T> {
    fn eq(&self, values: &[T; N]) -> bool {
        self.iter().eq(values.iter().copied())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    impl Steps for i64 {
        fn after(self, steps: u32) -> Self {
            self + i64::from(steps)
        }
    }

    #[test]
    fn values_that_follow_each_other_are_one_run() {
        let values = [7, 8, 9, 3, 4, 20];
        let mut runs = Runs::default();
        values.iter().for_each(|value| runs.push(*value));
        assert_eq!(runs.0, [(7, 3), (3, 2), (20, 1)]);
        assert_eq!(runs, values);
        runs.sort_by_key(|value| value);
        for value in 0..30 {
            let found = runs.find(value, |value| value);
            assert_eq!(found, values.contains(&value).then_some(value));
        }
    }
}
