// Epochs: every sample once.

extension JournalAudit {
    /// How often each sample of an epoch was counted.
    struct EpochTally: Sendable {
        let epoch: Epoch
        var counts: [UInt8]
        /// Of its last commit.
        var line = 0
    }

    /// Clips that a finding names; more would only make it long.
    private static let named = 8

    mutating func count(_ entry: CommitEntry) {
        let epoch = schedule.epoch(of: entry.step)
        // Behind a later epoch; that the step comes too late is found already.
        if let closed = report.epochs.last?.epoch, epoch <= closed { return }
        closeTallies(before: epoch)
        let place = tallies.firstIndex { $0.epoch == epoch } ?? tallies.count
        if place == tallies.count {
            tallies.append(
                EpochTally(epoch: epoch, counts: [UInt8](repeating: 0, count: schedule.samples)))
        }
        tallies[place].line = line
        for sample in entry.samples {
            guard tallies[place].counts.indices.contains(sample.rawValue) else {
                find(
                    "samples",
                    "step \(entry.step) counts clip \(sample), and the training split has clips 0 to "
                        + "\(schedule.samples - 1)", .restore)
                continue
            }
            let count = tallies[place].counts[sample.rawValue]
            tallies[place].counts[sample.rawValue] = min(count, 254) + 1
        }
    }

    /// Steps come in order: an epoch behind which another begins is over.
    private mutating func closeTallies(before epoch: Epoch) {
        for tally in tallies where tally.epoch < epoch { judge(tally, isFinished: true) }
        tallies.removeAll { $0.epoch < epoch }
    }

    mutating func countEpochs() {
        guard report.lastStep > Step(0) else { return }
        let newest = schedule.epoch(of: report.lastStep)
        for tally in tallies.sorted(by: { $0.epoch < $1.epoch }) {
            judge(
                tally, isFinished: tally.epoch < newest || schedule.endsEpoch(report.lastStep))
        }
        tallies = []
    }

    private mutating func judge(_ tally: EpochTally, isFinished: Bool) {
        let missing = tally.counts.indices.filter { tally.counts[$0] == 0 }
        let repeated = tally.counts.indices.filter { tally.counts[$0] > 1 }
        report.epochs.append(
            JournalAuditReport.EpochCount(
                epoch: tally.epoch, isFinished: isFinished,
                once: tally.counts.count - missing.count - repeated.count,
                missing: missing.count, repeated: repeated.count))
        let remedy =
            "see the findings of its steps; weights from here on are not what the configuration says"
        if isFinished, !missing.isEmpty {
            find(
                "samples", "epoch \(tally.epoch) never counted \(Self.names(missing))", remedy,
                line: tally.line)
        }
        if !repeated.isEmpty {
            find(
                "samples", "epoch \(tally.epoch) counted more than once \(Self.names(repeated))",
                remedy, line: tally.line)
        }
    }

    private static func names(_ clips: [Int]) -> String {
        let list = clips.prefix(named).map(String.init).joined(separator: ", ")
        let rest = clips.count > named ? " and \(clips.count - named) more" : ""
        return (clips.count == 1 ? "clip " : "clips ") + list + rest
    }
}
