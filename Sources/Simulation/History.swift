import TrainingProtocol

/// What happened, for people; and a number that stands for all of it.
public final class History {
    private let isKept: Bool
    public private(set) var lines: [String] = []
    /// Of all lines, where they are kept.
    public private(set) var fingerprint: UInt64 = 0

    init(isKept: Bool) { self.isKept = isKept }

    func add(_ time: Duration, _ text: @autoclosure () -> String) {
        guard isKept else { return }
        let milliseconds =
            time.components.seconds * 1000 + time.components.attoseconds / 1_000_000_000_000_000
        let line = "\(milliseconds) ms  " + text().replacing("TrainingProtocol.", with: "")
        lines.append(line)
        for byte in line.utf8 { fingerprint = SplitMix64.mix(fingerprint ^ UInt64(byte)) }
    }
}
