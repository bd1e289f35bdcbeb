extension CheckpointStore {
    /// The newest valid checkpoint of at most step `limit` of the run at `path`, without owning its directory.
    ///
    /// - Throws: `SavedStateError` only if the directory cannot be read.
    public static func latestValid(
        ofRunAt path: String, upTo limit: Int
    ) throws(SavedStateError) -> Search {
        try CheckpointStore(root: path, storage: Storage(fault: nil)).latestValid(upTo: limit)
    }

    /// The weights of the run at `path`, without owning its directory: its result, or
    /// the newest valid checkpoint where that is of a later step.
    ///
    /// - Throws: `SavedStateError` where nothing is saved, or what is saved is damaged.
    public static func newest(ofRunAt path: String) throws(SavedStateError) -> Checkpoint {
        let store = CheckpointStore(root: path, storage: Storage(fault: nil))
        let search = try store.latestValid()
        let final = try store.final()
        // A run that was extended after its end has newer checkpoints than its result.
        let found = [final, search.checkpoint].compactMap(\.self)
        guard let checkpoint = found.max(by: { $0.step < $1.step }) else {
            let reasons = search.notes.joined(separator: "; ")
            let notes = reasons.isEmpty ? "" : " (\(reasons))"
            throw SavedStateError(
                .missing, path, "has saved no weights yet\(notes)",
                remedy: "go on with the run, or name another one")
        }
        return checkpoint
    }
}
