import Espalier
import EspalierUI

extension EffectRunner {
  func readStatistics(_ side: Side, _ leaf: LeafID, _ repair: Repair?) {
    jobs.run(.statistics(side)) { [self] token in
      do {
        guard let source = opened.withLock({ $0.values(side, repair) }) else { return }
        let values = try statistics(of: leaf, in: source, monitor: monitor(token))
        inbox.send(.statistics(side, leaf, values))
      } catch is Cancelled {
        inbox.send(.statisticsFailed(side, leaf, sentence: "reading the values was stopped"))
      } catch {
        inbox.send(.statisticsFailed(side, leaf, sentence: sentence(error)))
      }
    }
  }
}
