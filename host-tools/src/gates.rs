//! What a user demands of a blob before a build may go on: the gates of `verify`.

use clap::Args;

use crate::Error;
use crate::grid::percent;
use crate::summary::Summary;

/// Figures are quotients of counts; what is off by rounding alone is no miss.
const ROUNDING: f64 = 1e-9;

/// The gates; each is open unless the user gives it.
#[derive(Clone, Copy, Debug, Default, Args)]
pub struct Gates {
    /// Fail unless blob and reference agree on at least this share of the images, 0 to 1
    #[arg(long, value_name = "SHARE", value_parser = share)]
    pub min_agreement: Option<f64>,
    /// Fail if the blob's top-1 is more than so many percentage points below the reference's; the
    /// error says whether the images can tell
    #[arg(long, value_name = "POINTS", value_parser = points, allow_hyphen_values = true)]
    pub max_drop: Option<f64>,
}

/// Parses a share of 1.
fn share(text: &str) -> Result<f64, String> {
    let share = text
        .parse()
        .ok()
        .filter(|share| (0.0..=1.0).contains(share));
    share.ok_or_else(|| "give a share from 0 to 1, as in 0.95".into())
}

/// Parses percentage points. No figure is above what is no number, so that would be an open gate.
fn points(text: &str) -> Result<f64, String> {
    let points = text.parse().ok().filter(|points: &f64| points.is_finite());
    points.ok_or_else(|| "give a number of percentage points, as in 1.5".into())
}

impl Gates {
    /// Whether the figures are good enough.
    ///
    /// # Errors
    /// [`Error::Gate`]: which are not.
    pub fn check(&self, summary: &Summary) -> Result<(), Error> {
        let missed: Vec<String> = [self.agreement(summary), self.drop(summary)]
            .into_iter()
            .flatten()
            .collect();
        if missed.is_empty() {
            return Ok(());
        }
        Err(Error::Gate(format!(
            "{}. Typical calibration images, or another --ranges, may help; \
             `tidbit verify --layers` shows where the net loses.",
            missed.join("; ")
        )))
    }

    fn agreement(&self, summary: &Summary) -> Option<String> {
        let least = self.min_agreement?;
        let found = summary.agreement.value;
        (found < least - ROUNDING).then(|| {
            let (found, least) = (percent(found), percent(least));
            format!(
                "blob and reference agree on {found} of the images, less than the {least} asked for"
            )
        })
    }

    fn drop(&self, summary: &Summary) -> Option<String> {
        let most = self.max_drop?;
        let paired = summary.paired?;
        let drop = paired.drop_pp;
        let [lo, hi] = paired.drop_pp_interval;
        let certainty = if lo > most {
            "that is more than noise"
        } else {
            "that is within noise, and more images could tell"
        };
        (drop > most + ROUNDING).then(|| {
            format!(
                "the blob's top-1 is {drop:.2} percentage points below the reference's, more than the {most} allowed; \
                 by these {} images it is {lo:.2} to {hi:.2} (95 % interval): {certainty}",
                summary.images
            )
        })
    }
}

#[cfg(test)]
mod tests {
    use super::Gates;
    use crate::comparison::tests::image;
    use crate::summary::Summary;

    /// 100 images that the reference has right, and the blob but for some.
    fn summary(wrong: usize) -> Summary {
        let blob = |place| usize::from(place < wrong);
        let images: Vec<_> = (0..100)
            .map(|place| image(Some(0), 0, blob(place), 0.1))
            .collect();
        Summary::of(&images, 3)
    }

    fn missed(max_drop: f64, wrong: usize) -> String {
        let gates = Gates {
            max_drop: Some(max_drop),
            min_agreement: None,
        };
        let error = gates.check(&summary(wrong)).err();
        error.map_or(String::new(), |error| error.to_string())
    }

    #[test]
    fn a_gate_holds_to_the_figure_and_says_whether_it_is_noise() {
        assert_eq!(missed(5.0, 5), "");
        let noise = missed(4.0, 5);
        assert!(noise.contains("5.00 percentage points"), "{noise}");
        assert!(noise.contains("within noise"), "{noise}");
        let sure = missed(1.0, 20);
        assert!(sure.contains("that is more than noise"), "{sure}");
    }

    #[test]
    fn all_gates_that_are_missed_are_named() {
        let gates = Gates {
            max_drop: Some(1.0),
            min_agreement: Some(0.99),
        };
        let error = gates.check(&summary(2)).unwrap_err().to_string();
        assert!(
            error.contains("98.0 %") && error.contains("2.00 percentage"),
            "{error}"
        );
        assert!(Gates::default().check(&summary(100)).is_ok());
    }
}
