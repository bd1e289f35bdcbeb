extension RunDirectory {
    private static let addressName = "address"

    /// Where the run's coordinator listens, or did when it last ran; nil where none has yet.
    ///
    /// - Throws: `SavedStateError` where there is a note of it that cannot be read.
    public static func address(at path: String) throws(SavedStateError) -> String? {
        let storage = Storage(fault: nil)
        let file = "\(path)/\(addressName)"
        guard storage.exists(file) else { return nil }
        let text = String(decoding: try storage.read(file, limit: 1 << 12), as: UTF8.self)
        return text.split(separator: "\n").first.map(String.init)
    }

    /// Notes where the coordinator listens: for its next life, whose workers look for it there, and for operators.
    public func record(address: String) throws(SavedStateError) {
        try storage.replaceFile("\(path)/\(Self.addressName)", with: address + "\n")
    }
}
