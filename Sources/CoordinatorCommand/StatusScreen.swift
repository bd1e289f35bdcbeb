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
        let new = text.split(separator: "\n", omittingEmptySubsequences: false)
        // Back to the first line of the text before; each line clears what was there, and what follows is cleared.
        let back = lines > 0 ? "\u{1B}[\(lines)A\r" : ""
        let body = new.map { "\($0)\u{1B}[K\n" }.joined()
        FileHandle.standardOutput.write(Data((back + body + "\u{1B}[J").utf8))
        lines = new.count
    }
}
