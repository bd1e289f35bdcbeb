import Foundation

/// A line that is rewritten in place on a terminal; elsewhere calm lines now and then.
struct ProgressLine {
    /// Without a terminal a line is written at most this often.
    private static let calm = Duration.seconds(5)

    private let isTerminal: Bool
    private var isOpen = false
    private var lastCalm: ContinuousClock.Instant?

    init(isTerminal: Bool = isatty(STDOUT_FILENO) == 1) {
        self.isTerminal = isTerminal
    }

    /// Shows where things stand now.
    mutating func update(_ text: String) {
        if isTerminal {
            // Cleared to the end of the line; cut, for a line that wraps cannot be rewritten.
            write("\r" + String(text.prefix(Self.columns - 1)) + "\u{1B}[K")
            isOpen = true
        } else if lastCalm.map({ .now - $0 >= Self.calm }) ?? true {
            lastCalm = .now
            write(text + "\n")
        }
    }

    /// Writes a line that stays.
    mutating func say(_ text: String) {
        close()
        write(text + "\n")
    }

    /// Leaves what is shown standing.
    mutating func close() {
        guard isOpen else { return }
        write("\n")
        isOpen = false
    }

    private func write(_ text: String) {
        FileHandle.standardOutput.write(Data(text.utf8))
    }

    private static var columns: Int {
        var size = winsize()
        guard ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return 80 }
        return Int(size.ws_col)
    }
}
