extension Journal {
    /// Longest journal that is read, in bytes: millions of commits.
    private static let largestFile = 1 << 32

    /// Reads a journal without opening it for appending.
    ///
    /// - Throws: `SavedStateError` if the file cannot be read, or a line before the last is damaged.
    public static func contents(of path: String) throws(SavedStateError) -> Contents {
        try read(path).contents
    }

    static func read(
        _ path: String
    ) throws(SavedStateError) -> (contents: Contents, checksum: LineChecksum) {
        let bytes = try Storage(fault: nil).read(path, limit: largestFile)
        var contents = Contents()
        var checksum = LineChecksum()
        while contents.validBytes < bytes.count {
            let rest = bytes[contents.validBytes...]
            guard let end = rest.firstIndex(of: UInt8(ascii: "\n")) else { break }
            guard let (line, next) = parse(rest[..<end], after: checksum) else {
                // A crash can tear the last line only, even if its length was already on the disk.
                if end == bytes.count - 1 { break }
                throw SavedStateError(
                    .corrupt, path, "line \(contents.lines.count + 1) is not as it was written",
                    remedy: "restore the journal from a copy, or start the run again elsewhere")
            }
            contents.lines.append(line)
            checksum = next
            contents.validBytes = end + 1
        }
        contents.droppedBytes = bytes.count - contents.validBytes
        return (contents, checksum)
    }

    private static func parse(
        _ bytes: ArraySlice<UInt8>, after checksum: LineChecksum
    ) -> (line: String, checksum: LineChecksum)? {
        guard bytes.count >= 9, bytes[bytes.endIndex - 9] == UInt8(ascii: "\t") else { return nil }
        let line = bytes.dropLast(9)
        let next = checksum.adding(line)
        guard bytes.suffix(8).elementsEqual(next.text.utf8) else { return nil }
        return String(validating: line, as: UTF8.self).map { ($0, next) }
    }
}
