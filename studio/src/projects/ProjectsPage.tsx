// Projects: the clips of one story together. The list, or one of them.

import { useParams } from 'react-router';
import { ProjectList } from './ProjectList';
import { ProjectView } from './ProjectView';

export default function ProjectsPage() {
  const { id } = useParams();
  return id ? <ProjectView key={id} id={id} /> : <ProjectList />;
}
