import Foundation

/// Shows a text again and again: in place on a terminal, one after another elsewhere.
final class StatusScreen {
    private let isTerminal: Bool
    private var lines = 0

    init(isTerminal: Bool) { self.isTerminal = isTerminal }

    func show(_ text: String) {
        guard isTerminal else {
            print(text)
            fflush(nil)
            return
        }
        let (columns, rows) = Self.size
        // Cut, for what wraps or scrolls away cannot be written over.
        let new = text.split(separator: "\n", omittingEmptySubsequences: false)
            .prefix(rows - 1).map { $0.prefix(columns - 1) }
        let back = lines > 0 ? "\u{1B}[\(lines)A\r" : ""
        let body = new.map { "\($0)\u{1B}[K\n" }.joined()
        FileHandle.standardOutput.write(Data((back + body + "\u{1B}[J").utf8))
        lines = new.count
    }

    private static var size: (columns: Int, rows: Int) {
        var size = winsize()
        guard ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 1, size.ws_row > 1
        else { return (80, 24) }
        return (Int(size.ws_col), Int(size.ws_row))
    }
}
