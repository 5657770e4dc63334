//! Which of the numbers 1, 2, 3 … have arrived, in whatever order.

/// All numbers up to one, and some ahead of it.
#[derive(Debug, Default)]
pub(crate) struct Run {
    upto: i64,
    /// Ascending, each above `upto + 1` once closed up.
    ahead: Vec<i64>,
}

impl Run {
    pub(crate) fn up_to(upto: i64) -> Self {
        Self { upto, ahead: Vec::new() }
    }

    /// The newest number up to which none is missing.
    pub(crate) fn upto(&self) -> i64 {
        self.upto
    }

    /// Takes in one number; whether it was missing.
    pub(crate) fn insert(&mut self, number: i64) -> bool {
        if number <= self.upto {
            return false;
        }
        let Err(place) = self.ahead.binary_search(&number) else { return false };
        self.ahead.insert(place, number);
        self.close_up();
        true
    }

    /// Takes in all numbers up to this one.
    pub(crate) fn cover(&mut self, upto: i64) {
        self.upto = self.upto.max(upto);
        self.close_up();
    }

    fn close_up(&mut self) {
        let mut closed = 0;
        for &number in &self.ahead {
            if number > self.upto + 1 {
                break;
            }
            self.upto = self.upto.max(number);
            closed += 1;
        }
        self.ahead.drain(..closed);
    }
}

#[cfg(test)]
mod tests {
    use super::Run;

    #[test]
    fn it_advances_only_without_a_gap() {
        let mut run = Run::up_to(3);
        assert!(run.insert(5));
        assert!(run.insert(7));
        assert_eq!(run.upto(), 3);
        assert!(run.insert(4));
        assert_eq!(run.upto(), 5);
        assert!(!run.insert(7), "a duplicate is not missing");
        assert!(!run.insert(1), "what is below is not missing");
        run.cover(6);
        assert_eq!(run.upto(), 7);
    }
}
