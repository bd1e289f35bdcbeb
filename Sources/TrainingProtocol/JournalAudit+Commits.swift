// Commits: each step once, in order, with the samples of the schedule, linked to all before.

extension JournalAudit {
    mutating func committed(_ entry: CommitEntry) {
        guard entry.step.rawValue > 0 else {
            find("step", "step 0 is no step: they count from 1", .restore)
            return
        }
        let isNext = checkOrder(entry.step)
        checkLink(entry)
        checkSamples(entry)
        checkGeneration(entry)
        let epoch = schedule.epoch(of: entry.step)
        if entry.epoch != epoch {
            find("epoch", "step \(entry.step) is of epoch \(epoch), not \(entry.epoch)", .restore)
        }
        if !entry.loss.isFinite {
            find("loss", "the loss of step \(entry.step) is not a finite number", .distrust)
        }
        if profile == nil, report.commits == 0 {
            find("record", "a step is committed before a numerics profile is pinned", .restore)
        }
        count(entry)
        if isNext { credit(entry.step) }
        report.commits += 1
        report.lastStep = max(report.lastStep, entry.step)
        report.chain = entry.chain
        report.ending = .open
        commitLines[entry.step] = commitLines[entry.step] ?? line
    }

    /// Whether the step is the one after the last commit's.
    private mutating func checkOrder(_ step: Step) -> Bool {
        let last = report.lastStep
        if let before = commitLines[step] {
            find("step", "step \(step) was committed before, in line \(before)", .restore)
            return false
        }
        if step < last {
            find("step", "step \(step) is committed behind step \(last)", .restore)
            return false
        }
        if step.rawValue - last.rawValue > 1 {
            let missing =
                step.rawValue - last.rawValue == 2
                ? "the commit of step \(last.next) is missing"
                : "the commits of steps \(last.next) to \(step.rawValue - 1) are missing"
            find("step", "\(missing) before that of step \(step)", .restore)
            return false
        }
        return true
    }

    private mutating func checkLink(_ entry: CommitEntry) {
        // Counted as a fault of the samples; a chain has no link for it.
        guard entry.samples.allSatisfy({ $0.rawValue >= 0 }) else { return }
        let link = CommitChain.link(
            after: report.chain, step: entry.step, digest: entry.digest, samples: entry.samples)
        if link != entry.chain {
            find(
                "chain",
                "the link of step \(entry.step) is \(entry.chain), and by this commit and the link "
                    + "before it must be \(link)", .restore)
        }
    }

    private mutating func checkSamples(_ entry: CommitEntry) {
        let expected = schedule.samples(in: entry.step)
        guard entry.samples != expected else { return }
        let problem: String
        if entry.samples.count != expected.count {
            problem = "counts \(entry.samples.count) clips, and the schedule has \(expected.count)"
        } else if entry.samples.sorted() == expected.sorted() {
            problem = "counts the schedule's clips in another order"
        } else {
            let place = zip(entry.samples, expected).enumerated().first { $1.0 != $1.1 }
            let (number, clips) = (place?.offset ?? 0, place?.element ?? (expected[0], expected[0]))
            problem = "counts clip \(clips.0) at place \(number), and the schedule has \(clips.1)"
        }
        find(
            "samples", "step \(entry.step) \(problem)",
            "the journal or seed, train.batch or train.slots in config.yaml were edited, or the "
                + "dataset is another: restore them from copies")
    }

    private mutating func checkGeneration(_ entry: CommitEntry) {
        guard let deal else {
            find(
                "generation",
                "step \(entry.step) is committed before a generation began in its term",
                .restore)
            return
        }
        if entry.generation != deal.generation {
            find(
                "generation",
                "step \(entry.step) is of generation \(entry.generation), and the last one to begin is "
                    + "\(deal.generation)", .distrust)
        } else if deal.state >= entry.step {
            find(
                "generation",
                "generation \(deal.generation) began from the state of step \(deal.state), behind step "
                    + "\(entry.step)", .distrust)
        }
    }
}
