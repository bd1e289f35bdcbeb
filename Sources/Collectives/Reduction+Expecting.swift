import TrainingProtocol

extension Reduction {
    /// What every member will send, before anything has come; nothing of oneself.
    static func expectations(
        _ layout: ChunkLayout, covers: [[Subtree]], me: Int
    ) -> [Expectation] {
        var expected = covers.indices.map { rank in
            Expectation(firstPartial: me, firstReduced: rank)
        }
        for chunk in 0..<layout.chunks {
            let owner = layout.owner(of: chunk)
            if owner != me {
                expected[owner].reduced += 1
                continue
            }
            for rank in covers.indices where rank != me {
                expected[rank].partials += covers[rank].count
            }
        }
        return expected
    }

    /// Whether something that only `rank` can send has not come yet.
    func awaits(_ rank: Int) -> Bool { !expected[rank].isEmpty }

    /// A sum of an owned chunk is here, and lies with the chunk's pieces.
    func notePartial(from rank: Int, bytes: Int) {
        expected[rank].partials -= 1
        bytesReceived += bytes
        while expected[rank].firstPartial < layout.chunks, hasAll(of: rank) {
            expected[rank].firstPartial += layout.members
        }
    }

    /// Whether all sums of `rank` of its first awaited chunk are here.
    private func hasAll(of rank: Int) -> Bool {
        let chunk = expected[rank].firstPartial
        if arrived[chunk] { return true }
        let place = chunk / layout.members
        return (firstSource[rank]..<firstSource[rank] + covers[rank].count).allSatisfy {
            pieces[place][$0] != nil
        }
    }

    /// A finished chunk is here, and marked so.
    func noteReduced(from rank: Int, bytes: Int) {
        expected[rank].reduced -= 1
        bytesReceived += bytes
        while expected[rank].firstReduced < layout.chunks, arrived[expected[rank].firstReduced] {
            expected[rank].firstReduced += layout.members
        }
    }
}
