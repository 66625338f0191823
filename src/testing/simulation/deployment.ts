import { type Plan, stagesBefore, streamsOf } from '../../topology/plan.ts';
import type { Chance } from './chance.ts';

/** A plan as it was before some of its stages came: of those that read streams, and that no other reads. */
export function planBefore(plan: Plan, chance: Chance): Plan {
  const read = new Set(plan.stages.flatMap(stagesBefore));
  const mayCome = plan.stages.filter(
    (stage) =>
      streamsOf(stage).length > 0 && stagesBefore(stage).length === 0 && !read.has(stage.name),
  );
  const come = mayCome.filter(() => chance.happens(0.5));
  return { ...plan, stages: plan.stages.filter((stage) => !come.includes(stage)) };
}
