metadata description = 'What everything is named, for main.bicep and intake.bicep to agree.'

@export()
@description('The names of one deployment.')
type names = {
  app: string
  applicationInsights: string
  budget: string
  hostStorage: string
  identity: string
  intake: string
  intakeHostStorage: string
  intakeIdentity: string
  intakePlan: string
  marketplaceTable: string
  network: string
  plan: string
  storage: string
  vault: string
  workspace: string
}

@export()
@description('Returns the names of one deployment, which its token tells from others in Azure.')
func namesOf(environmentName string, token string) names => {
  app: 'func-leadshare-${environmentName}-${token}'
  applicationInsights: 'appi-leadshare-${environmentName}-${token}'
  budget: 'budget-leadshare-${environmentName}'
  hostStorage: 'sth${token}'
  identity: 'id-leadshare-${environmentName}-${token}'
  intake: 'func-leadshare-intake-${environmentName}-${token}'
  intakeHostStorage: 'sti${token}'
  intakeIdentity: 'id-leadshare-intake-${environmentName}-${token}'
  intakePlan: 'plan-leadshare-intake-${environmentName}-${token}'
  marketplaceTable: 'stmp${token}'
  network: 'vnet-leadshare-${environmentName}-${token}'
  plan: 'plan-leadshare-${environmentName}-${token}'
  storage: 'st${token}'
  vault: 'kv-${token}'
  workspace: 'log-leadshare-${environmentName}-${token}'
}
