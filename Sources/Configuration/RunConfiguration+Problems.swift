extension RunConfiguration {
    /// What is wrong with the values, whether read from a file or put together in code.
    public func problems() -> [ConfigurationProblem] {
        var checker = RangeChecker(at: "")
        let letters = name.utf8.allSatisfy { byte in
            UInt8(ascii: "a") <= byte && byte <= UInt8(ascii: "z")
                || UInt8(ascii: "A") <= byte && byte <= UInt8(ascii: "Z")
                || "0123456789._-".utf8.contains(byte)
        }
        checker.require(
            letters && (1...64).contains(name.utf8.count) && !name.hasPrefix("."), "name",
            is: "\"\(name.printable(limit: 80))\"",
            "must be 1 to 64 letters, digits, '.', '_' or '-', and not begin with '.'")
        checker.add(model.problems(at: "model"))
        checker.add(data.problems(at: "data", input: model.input))
        checker.add(train.problems(at: "train"))
        checker.add(transport.problems(at: "transport"))
        // Whatever a model's own problems are, its maps may not have sizes to reason about.
        if checker.problems.isEmpty { checker.add(batchNormProblems(smallestSlot: smallestSlot)) }
        return checker.problems
    }

    /// Clips of the smallest slot of a full batch.
    private var smallestSlot: Int { train.batch / train.slots }

    /// Batch norm takes the variance of a slot's values, and one value has none.
    func batchNormProblems(smallestSlot clips: Int) -> [ConfigurationProblem] {
        let values = clips * model.fewestValuesPerClip
        guard values < 2 else { return [] }
        return [
            ConfigurationProblem(
                .conflict, key: "train.slots",
                "is \(train.slots), and a slot of \(clips) clip leaves the network's last batch norm "
                    + "\(values) value per channel, which has no variance",
                remedy: "lower train.slots, or raise train.batch or model.input.size")
        ]
    }
}

extension DataConfiguration {
    func problems(at path: String, input: InputConfiguration) -> [ConfigurationProblem] {
        var checker = RangeChecker(at: path)
        checker.require("stride", stride, in: 1...Limits.frames)
        checker.require(blur >= 0 && blur <= 64, "blur", is: blur, "must be from 0 to 64 pixels")
        checker.add(augment.problems(at: "\(path).augment", input: input))
        let texts = [
            ("path", self.path), ("train_split", trainSplit), ("validation_split", validationSplit),
        ]
        for (key, text) in texts {
            let sound = !text.isEmpty && !text.utf8.contains(0)
            let shown = text.isEmpty ? "empty" : "\"\(text.printable(limit: 60))\""
            checker.require(sound, key, is: shown, "must be a name")
        }
        for (key, split) in texts.dropFirst() {
            checker.require(
                !split.contains("/"), key, is: "\"\(split.printable(limit: 60))\"",
                "must be the name of a split without '/'")
        }
        return checker.problems
    }
}

extension TransportConfiguration {
    func problems(at path: String) -> [ConfigurationProblem] {
        var checker = RangeChecker(at: path)
        checker.require(
            prefetchBytes >= 1 << 20, "prefetch_bytes", is: ByteCount.text(prefetchBytes),
            "must be at least 1 MiB")
        checker.require(
            (1 << 12...1 << 30).contains(chunkBytes), "chunk_bytes", is: ByteCount.text(chunkBytes),
            "must be from 4 KiB to 1 GiB")
        checker.require(
            chunkBytes.isMultiple(of: 64), "chunk_bytes", is: ByteCount.text(chunkBytes),
            "must be a multiple of 64 bytes, the alignment of a tensor")
        checker.require(
            workerTimeout >= .milliseconds(100) && workerTimeout <= .seconds(3600),
            "worker_timeout", is: TimeSpan.text(workerTimeout), "must be from 100 ms to 60 min")
        return checker.problems
    }
}
