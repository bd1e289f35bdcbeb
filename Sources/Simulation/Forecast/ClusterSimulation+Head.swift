import TrainingProtocol

// What the head does, and how long its processor, disk and link take for it.

extension ClusterSimulation {
    /// What one part does takes it so long, and is counted once the run is under way.
    func spend(_ time: Duration, on resource: ClusterForecast.Resource) {
        guard commits.count > 2 else { return }
        let place = ClusterForecast.Resource.allCases.firstIndex(of: resource) ?? 0
        spent[place] += time
    }

    func occupyHead(_ time: Duration) {
        processorFree = max(processorFree, now) + time
        spend(time, on: .headProcessor)
    }

    func decide(_ event: CoordinatorEvent) {
        let time = max(now, processorFree)
        for directive in coordinator.on(event, now: time) {
            switch directive {
            case .send(let message, let connection):
                let index = Int(connection.rawValue)
                let bytes = bytes(of: message)
                occupyHead(costs.controlMessage + costs.controlByte * bytes)
                // Its own connections share the link with those of the clips, and do not wait behind them.
                wordsFree = max(wordsFree, processorFree) + .seconds(Double(bytes) / costs.headLink)
                queue.add(.toWorker(index, message), at: wordsFree + costs.latency)
            case .append(let record):
                if case .committed = record { processorFree = max(processorFree, now) + costs.sync }
            case .note(.committed(let summary)):
                commits.append(max(now, processorFree))
                if summary.step == failsAfter, !hasFailed {
                    hasFailed = true
                    queue.add(.fail(nodes.count / 2), at: now + costs.slot / 2)
                }
            case .note(.began(_, _, let members, _, _)):
                let isWhole = members.allSatisfy { !$0.slots.isEmpty }
                if hasFailed, isWhole, members.last?.host == "node\(nodes.count - 1)",
                    nodes.count > started, wholeAgain < 0
                {
                    wholeAgain = commits.count + 2
                }
            case .note, .end: break
            }
        }
    }

    private func bytes(of message: Stamped<CoordinatorMessage>) -> Int {
        guard case .begin(let deal) = message.body else { return 100 }
        return 100 + deal.members.count * costs.memberBytes
    }

    /// When clips that go out of the head reach a worker.
    private func leaveHead(_ bytes: Int, after time: Duration) -> Duration {
        let length = Duration.seconds(Double(bytes) / costs.headLink)
        linkFree = max(linkFree, time) + length
        spend(length, on: .headLink)
        return linkFree + costs.latency
    }

    /// When the clips of a worker's step are with it: asked for some steps ahead, read and sent one after another.
    func clips(of step: Step, slots: Int, for index: Int) -> Duration {
        for ahead in 0...costs.prefetch {
            let wanted = Step(step.rawValue + UInt64(ahead))
            guard wanted <= schedule.lastStep,
                !nodes[index].clips.contains(where: { $0.step == wanted })
            else { continue }
            let bytes = slots * costs.clipBytes
            let length = Duration.seconds(Double(bytes) / costs.reading)
            readerFree = max(readerFree, now) + length
            spend(length, on: .clipReading)
            nodes[index].clips.append((wanted, leaveHead(bytes, after: readerFree)))
        }
        nodes[index].clips.removeAll { $0.step < step }
        return nodes[index].clips.first { $0.step == step }?.there ?? now
    }
}
