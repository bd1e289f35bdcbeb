extension CheckpointStore {
    /// A checkpoint that was saved, and what was cleared away on the way.
    public struct Saved: Sendable {
        public var checkpoint: Checkpoint
        /// One line for each leftover that was swept.
        public var notes: [String]
    }

    /// Saves a checkpoint and removes those before the last `keep`.
    ///
    /// A step that is saved already, with the same weights, is left as it is.
    ///
    /// - Throws: `SavedStateError`; the checkpoints that were there are there still.
    public func save(
        _ contents: CheckpointContents, keep: Int
    ) throws(SavedStateError) -> Saved {
        precondition(keep >= 1, "a run keeps at least one checkpoint")
        try storage.createDirectory(path)
        let notes = try sweep()
        let name = Self.name(of: contents.step)
        let target = "\(path)/\(name)"
        if let existing = try existing(contents) {
            return Saved(checkpoint: existing, notes: notes)
        }
        let manifest = try write(contents, to: "\(path)/\(Self.savingPrefix)\(name)")
        try storage.rename("\(path)/\(Self.savingPrefix)\(name)", to: target)
        try storage.synchronizeDirectory(path)
        for step in try steps().filter({ $0 <= contents.step }).dropLast(keep) {
            try discard(Self.name(of: step))
        }
        return Saved(checkpoint: Checkpoint(path: target, manifest: manifest), notes: notes)
    }

    /// Saves the run's result in `final`, in the place of one that is there.
    ///
    /// - Throws: `SavedStateError`; a result that was there is there still.
    public func saveFinal(_ contents: CheckpointContents) throws(SavedStateError) -> Checkpoint {
        try recoverFinal()
        try storage.removeDirectory(savingFinal)
        try storage.removeDirectory(removedFinal)
        let manifest = try write(contents, to: savingFinal)
        if storage.exists(finalPath) { try storage.rename(finalPath, to: removedFinal) }
        try storage.rename(savingFinal, to: finalPath)
        try storage.synchronizeDirectory(root)
        try storage.removeDirectory(removedFinal)
        return Checkpoint(path: finalPath, manifest: manifest)
    }

    /// The checkpoint of this step if it is there with these weights. What is there and broken is
    /// removed.
    private func existing(
        _ contents: CheckpointContents
    ) throws(SavedStateError) -> Checkpoint? {
        let name = Self.name(of: contents.step)
        guard storage.exists("\(path)/\(name)") else { return nil }
        let found: Checkpoint
        do throws(SavedStateError) {
            found = try checkpoint(at: contents.step)
        } catch {
            guard error.isDamage else { throw error }
            try discard(name)
            return nil
        }
        guard found.manifest.weightsSHA256 == weightsSHA256(of: contents.model) else {
            throw SavedStateError(
                .otherWeights, found.path, "holds other weights of the same step",
                remedy: "the run is not reproducing itself; keep both and compare their manifests")
        }
        return found
    }

    /// Writes the files of a checkpoint into a new directory, the manifest last, all durable.
    private func write(
        _ contents: CheckpointContents, to directory: String
    ) throws(SavedStateError) -> CheckpointManifest {
        try storage.createDirectory(directory)
        var files: [CheckpointManifest.File] = []
        let parts = [
            (Checkpoint.modelName, contents.model), (Checkpoint.optimizerName, contents.optimizer),
        ]
        for (name, tensors) in parts {
            let record = try SafetensorsWriter.write(
                tensors, metadata: ["format": "pt", "step": "\(contents.step)"],
                to: "\(directory)/\(name)", storage: storage)
            files.append(
                CheckpointManifest.File(name: name, bytes: record.bytes, sha256: record.sha256))
        }
        let manifest = CheckpointManifest(
            version: CheckpointManifest.version, step: contents.step, epoch: contents.epoch,
            configDigest: contents.configDigest, datasetDigest: contents.datasetDigest,
            numerics: contents.numerics, weightsSHA256: weightsSHA256(of: contents.model),
            files: files)
        var writer = try FileWriter("\(directory)/\(Checkpoint.manifestName)", storage: storage)
        try writer.write(try manifest.text())
        _ = try writer.finish()
        try storage.synchronizeDirectory(directory)
        return manifest
    }

    /// Clears away what interrupted saves and removals left, and directories without a manifest.
    private func sweep() throws(SavedStateError) -> [String] {
        var notes: [String] = []
        for name in try storage.list(path) ?? [] {
            if name.hasPrefix(Self.savingPrefix) || name.hasPrefix(Self.removingPrefix) {
                try storage.removeDirectory("\(path)/\(name)")
                notes.append("swept \(name), left by an interrupted run")
            } else if Self.step(of: name) != nil {
                do throws(SavedStateError) {
                    let manifest = "\(path)/\(name)/\(Checkpoint.manifestName)"
                    _ = try CheckpointManifest(contentsOf: manifest, storage: storage)
                } catch {
                    guard error.isDamage else { continue }
                    try discard(name)
                    notes.append("swept \(name): \(error)")
                }
            }
        }
        return notes
    }

    /// Removes a checkpoint: under its own name it is whole until it is gone.
    private func discard(_ name: String) throws(SavedStateError) {
        let removed = "\(path)/\(Self.removingPrefix)\(name)"
        try storage.rename("\(path)/\(name)", to: removed)
        try storage.synchronizeDirectory(path)
        try storage.removeDirectory(removed)
    }

    /// Finishes the replacement of a result that a kill interrupted: there is no `final` then, and
    /// the new one or the old one is whole under its temporary name.
    func recoverFinal() throws(SavedStateError) {
        guard !storage.exists(finalPath) else { return }
        var candidate = removedFinal
        do throws(SavedStateError) {
            _ = try Checkpoint(verifying: savingFinal)
            candidate = savingFinal
        } catch {
            // The new one was never finished, which is what a kill while writing leaves.
            guard storage.exists(removedFinal) else { return }
        }
        try storage.rename(candidate, to: finalPath)
        try storage.synchronizeDirectory(root)
    }

    private var savingFinal: String { "\(root)/\(Self.savingPrefix)final" }
    private var removedFinal: String { "\(root)/\(Self.removingPrefix)final" }
}
