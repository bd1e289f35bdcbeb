extension JournalAudit {
    /// How many samples the training split has, as the commits tell it, for where the dataset is not at hand.
    ///
    /// A finished epoch counts every sample once, so the number is one more than its greatest sample, or the number
    /// of its counts. A commit or two that are not as they were do not mislead: it is the number by which most
    /// commits are as the schedule says. Another one changes the order of all samples, and so every step.
    ///
    /// - Parameter schedule: Of a number of samples.
    /// - Returns: Nil where no epoch is finished, or no number fits.
    public static func trainingSamples(
        of commits: [CommitEntry], _ schedule: (_ samples: Int) -> StepSchedule
    ) -> Int? {
        var greatest = -1
        var counted: [Epoch: Int] = [:]
        for commit in commits {
            greatest = max(greatest, commit.samples.max()?.rawValue ?? -1)
            counted[commit.epoch, default: 0] += commit.samples.count
        }
        // The newest epoch may be unfinished, and its count then fits nothing.
        var candidates = counted.sorted { $0.key < $1.key }.map(\.value)
        if greatest >= 0, greatest < .max { candidates.insert(greatest + 1, at: 0) }
        // A split is no larger than all that was counted.
        let most = commits.reduce(0) { $0 + $1.samples.count }
        var tried: [Int] = []
        for candidate in candidates where candidate > 0 && candidate <= most {
            if tried.contains(candidate) { continue }
            tried.append(candidate)
            let schedule = schedule(candidate)
            let fitting = commits.count {
                $0.step.rawValue > 0 && schedule.samples(in: $0.step) == $0.samples
            }
            if 2 * fitting > commits.count { return candidate }
        }
        return nil
    }
}
