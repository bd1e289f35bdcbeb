/// The `checkpoints` directory of a run, and its `final` one.
///
/// A checkpoint is written into a directory of a temporary name, synchronized, and renamed into
/// place: one that has its name is complete, and a kill at any moment leaves those that were there.
public struct CheckpointStore: Sendable {
    /// A checkpoint that was found, and what was passed over on the way to it.
    public struct Search: Sendable {
        public var checkpoint: Checkpoint?
        /// One line for each directory that is no valid checkpoint, saying why.
        public var notes: [String]
    }

    static let savingPrefix = ".saving-"
    static let removingPrefix = ".removing-"

    /// The run directory.
    let root: String
    let storage: Storage

    public var path: String { "\(root)/checkpoints" }
    public var finalPath: String { "\(root)/final" }

    init(root: String, storage: Storage) {
        self.root = root
        self.storage = storage
    }

    /// `step-00000010`
    static func name(of step: Int) -> String {
        let digits = "\(step)"
        return "step-" + String(repeating: "0", count: max(0, 8 - digits.count)) + digits
    }

    static func step(of name: String) -> Int? {
        guard name.hasPrefix("step-"), let step = Int(name.dropFirst(5)), step >= 0 else {
            return nil
        }
        return Self.name(of: step) == name ? step : nil
    }

    /// Steps that have a directory, ascending; whether it is valid is not looked at.
    public func steps() throws(SavedStateError) -> [Int] {
        (try storage.list(path) ?? []).compactMap(Self.step).sorted()
    }

    /// The newest checkpoint that is byte for byte as it was saved, of at most step `limit`.
    ///
    /// - Throws: `SavedStateError` only if the directory cannot be read.
    public func latestValid(upTo limit: Int = .max) throws(SavedStateError) -> Search {
        var search = Search(notes: [])
        for step in try steps().reversed() where step <= limit {
            do throws(SavedStateError) {
                search.checkpoint = try checkpoint(at: step)
                return search
            } catch {
                search.notes.append("ignored the checkpoint of step \(step): \(error)")
            }
        }
        return search
    }

    /// The checkpoint of a step, compared with its manifest byte for byte.
    public func checkpoint(at step: Int) throws(SavedStateError) -> Checkpoint {
        let directory = "\(path)/\(Self.name(of: step))"
        let checkpoint = try Checkpoint(verifying: directory)
        guard checkpoint.step == step else {
            throw SavedStateError(
                .corrupt, directory, "has the manifest of step \(checkpoint.step)")
        }
        return checkpoint
    }

    /// The run's result, or nil if it has none yet.
    public func final() throws(SavedStateError) -> Checkpoint? {
        storage.exists(finalPath) ? try Checkpoint(verifying: finalPath) : nil
    }
}
